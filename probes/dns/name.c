/* SPDX-License-Identifier: Apache-2.0 */
/* Domain names, written and read; see name.h. */
#include "name.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LABEL_MOST 63
#define TEXT_MOST  253 /* of 255 bytes on the wire the first length and the root's are none of it */
#define WIRE_MOST  255

/* ---- as operators write them ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int is_taken(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("-_*/", c) != NULL;
}

static const char *take_label(const char *label, size_t length)
{
    if (length == 0) {
        return "must not have an empty label: two dots, or one at its beginning";
    }
    if (length > LABEL_MOST) {
        return "must not have a label of more than 63 characters";
    }
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)label[i] >= 0x80) {
            return "must be written in ASCII: xn--... where it has other letters";
        }
        if (!is_taken(lower(label[i]))) {
            return "must be of letters, digits, '-', '_', '*' and '/', with dots in between";
        }
    }
    return NULL;
}

const char *cvg_dns_name_take(const char *text, char ret[CVG_DNS_NAME_MOST])
{
    size_t length = strlen(text);
    if (strcmp(text, ".") == 0) {
        memcpy(ret, text, 2);
        return NULL;
    }
    if (length > 0 && text[length - 1] == '.') {
        length--;
    }
    if (length == 0) {
        return "must not be empty";
    }
    if (length > TEXT_MOST) {
        return "must not have more than 253 characters";
    }
    for (size_t at = 0; at <= length;) {
        const char *dot = memchr(text + at, '.', length - at);
        size_t end = dot != NULL ? (size_t)(dot - text) : length;
        const char *wrong = take_label(text + at, end - at);
        if (wrong != NULL) {
            return wrong;
        }
        at = end + 1;
    }
    for (size_t i = 0; i < length; i++) {
        ret[i] = lower(text[i]);
    }
    ret[length] = '\0';
    return NULL;
}

int cvg_dns_name_reverse(const char *address, char ret[CVG_DNS_NAME_MOST])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char octets[16];
    if (inet_pton(AF_INET, address, octets) == 1) {
        (void)snprintf(ret, CVG_DNS_NAME_MOST, "%u.%u.%u.%u.in-addr.arpa", octets[3], octets[2],
                       octets[1], octets[0]);
        return 0;
    }
    if (inet_pton(AF_INET6, address, octets) != 1) {
        return -1;
    }
    size_t at = 0;
    for (size_t i = sizeof(octets); i-- > 0;) {
        ret[at++] = digits[octets[i] & 15];
        ret[at++] = '.';
        ret[at++] = digits[octets[i] >> 4];
        ret[at++] = '.';
    }
    (void)snprintf(ret + at, CVG_DNS_NAME_MOST - at, "ip6.arpa");
    return 0;
}

/* ---- as they stand in messages ---- */

static size_t write_byte(unsigned char byte, char *ret)
{
    if (byte <= ' ' || byte >= 0x7F) {
        return (size_t)snprintf(ret, 5, "\\%03u", byte);
    }
    size_t length = 0;
    if (strchr(".\\\"();@$", byte) != NULL) {
        ret[length++] = '\\';
    }
    ret[length++] = lower((char)byte);
    return length;
}

/* Where the pointer at `here` leads, SIZE_MAX where it leads nowhere: only to before where this piece of the
 * name began, so that none is followed twice. */
static size_t follow(const unsigned char *message, size_t length, size_t here, size_t began)
{
    if (length - here < 2) {
        return SIZE_MAX;
    }
    size_t target = (size_t)(message[here] & 0x3F) << 8 | message[here + 1];
    return target < began ? target : SIZE_MAX;
}

int cvg_dns_name_read(const unsigned char *message, size_t length, size_t *at,
                      char ret[CVG_DNS_NAME_TEXT])
{
    size_t here = *at, began = here, wire = 1, used = 0;
    int jumped = 0;
    while (here < length && message[here] != 0) {
        size_t label = message[here];
        if ((label & 0xC0) == 0xC0) {
            size_t target = follow(message, length, here, began);
            if (target == SIZE_MAX) {
                return -1;
            }
            *at = jumped ? *at : here + 2;
            jumped = 1;
            here = began = target;
            continue;
        }
        wire += label + 1;
        if (label > LABEL_MOST || wire > WIRE_MOST || length - here <= label) {
            return -1;
        }
        if (used > 0) {
            ret[used++] = '.';
        }
        for (size_t i = 1; i <= label; i++) {
            used += write_byte(message[here + i], ret + used);
        }
        here += label + 1;
    }
    if (here >= length) {
        return -1;
    }
    *at = jumped ? *at : here + 1;
    if (used == 0) {
        ret[used++] = '.';
    }
    ret[used] = '\0';
    return 0;
}
