/* SPDX-License-Identifier: Apache-2.0 */
/* Questions, and what an answer is at a glance; see message.h. */
#include "message.h"

#include <ares.h>
#include <stdio.h>
#include <string.h>

#define HEADER    12
#define OPT_BYTES 11 /* of an OPT record without options: always the last one of a question */

enum { /* of the header */
    QR = 0x80,
    OPCODE = 0x78,
    TC = 0x02, /* these in its third byte, and those in its fourth */
    AD = 0x20,
};

int cvg_dns_query_make(const char *name, uint32_t type, uint16_t id, int want_authenticated,
                       struct cvg_dns_query *ret)
{
    unsigned char *made = NULL;
    int length = 0;
    uint16_t code = cvg_dns_type_code(type);
    /* The class IN is 1; recursion is wanted. */
    int status = ares_create_query(name, 1, code, id, 1, &made, &length, CVG_DNS_UDP_SIZE);
    int fits = status == ARES_SUCCESS && (size_t)length <= sizeof(ret->bytes);
    if (fits) {
        memset(ret, 0, sizeof(*ret));
        ret->id = id;
        ret->code = code;
        ret->length = (size_t)length;
        ret->plain_length = (size_t)length - OPT_BYTES;
        memcpy(ret->bytes, made, ret->length);
        ret->bytes[3] |= want_authenticated ? AD : 0;
    }
    if (made != NULL) {
        ares_free_string(made);
    }
    return fits ? 0 : -1;
}

void cvg_dns_query_strip(struct cvg_dns_query *query)
{
    query->length = query->plain_length;
    query->bytes[10] = query->bytes[11] = 0; /* the number of additional records */
}

const char *cvg_dns_rcode_text(uint32_t rcode, char room[24])
{
    static const char *const names[] = {"NOERROR", "FORMERR",  "SERVFAIL", "NXDOMAIN", "NOTIMP",
                                        "REFUSED", "YXDOMAIN", "YXRRSET",  "NXRRSET",  "NOTAUTH",
                                        "NOTZONE", NULL,       NULL,       NULL,       NULL,
                                        NULL,      "BADVERS"};
    if (rcode < sizeof(names) / sizeof(names[0]) && names[rcode] != NULL) {
        return names[rcode];
    }
    (void)snprintf(room, 24, "RCODE %u", rcode);
    return room;
}

static unsigned number_at(const unsigned char *message, size_t at)
{
    return (unsigned)message[at] << 8 | message[at + 1];
}

uint32_t cvg_dns_short_rcode(const unsigned char *message)
{
    return message[3] & 0x0F;
}

int cvg_dns_is_truncated(const unsigned char *message)
{
    return (message[2] & TC) != 0;
}

static int may_lack_question(const unsigned char *message)
{
    uint32_t rcode = cvg_dns_short_rcode(message);
    return rcode == CVG_DNS_FORMERR || rcode == CVG_DNS_SERVFAIL || rcode == CVG_DNS_NOTIMP ||
           rcode == CVG_DNS_REFUSED;
}

int cvg_dns_answers(const struct cvg_dns_query *query, const unsigned char *message, size_t length)
{
    char asked[CVG_DNS_NAME_TEXT], answered[CVG_DNS_NAME_TEXT];
    size_t at = HEADER, in_query = HEADER;
    if (length < HEADER || number_at(message, 0) != query->id || (message[2] & QR) == 0 ||
        (message[2] & OPCODE) != 0) {
        return 0;
    }
    if (number_at(message, 4) == 0) {
        return may_lack_question(message);
    }
    if (number_at(message, 4) != 1 || cvg_dns_name_read(message, length, &at, answered) < 0 ||
        length - at < 4 || cvg_dns_name_read(query->bytes, query->length, &in_query, asked) < 0) {
        return 0;
    }
    return strcmp(asked, answered) == 0 && number_at(message, at) == query->code &&
           number_at(message, at + 2) == 1;
}
