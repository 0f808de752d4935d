/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between us and a host; see reach.h. */
#include "kit/reach.h"

#include "kit/printable.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define NAME_MOST    253
#define MARGIN_LEAST INT64_C(20000000)
#define MARGIN_MOST  INT64_C(500000000)
#define MILLISECOND  INT64_C(1000000)

/* ---- hosts ---- */

int cvg_kit_host_is_address(const char *host)
{
    struct in6_addr room;
    return inet_pton(AF_INET, host, &room) == 1 || inet_pton(AF_INET6, host, &room) == 1;
}

const char *cvg_kit_host_check(const char *host)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.";
    size_t length = strlen(host);
    if (cvg_kit_host_is_address(host)) {
        return NULL;
    }
    if (length == 0) {
        return "is empty";
    }
    if (strchr(host, '%') != NULL) {
        return "is an address with a zone, which is link-local and not asked";
    }
    if (strchr(host, ':') != NULL || strchr(host, '/') != NULL || *host == '[') {
        return "is a host alone: a name or an address, without scheme, brackets, port or path";
    }
    if (strspn(host, letters) != length) {
        return "has letters, digits, '-', '_' and '.' only (a name beyond ASCII in its xn-- form)";
    }
    return length > NAME_MOST + (size_t)(host[length - 1] == '.') ? "is longer than a name can be"
                                                                  : NULL;
}

/* ---- what stands in the way ---- */

static int ends_in(const char *text, const char *words)
{
    size_t length = strlen(text), wanted = strlen(words);
    return length >= wanted && strcmp(text + length - wanted, words) == 0;
}

enum cvg_kit_reach cvg_kit_reach_errno(int number)
{
    switch (number) {
    case ECONNREFUSED:
        return CVG_KIT_REACH_REFUSED;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
        return CVG_KIT_REACH_RESET;
    case ETIMEDOUT:
        return CVG_KIT_REACH_TIMED_OUT;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
        return CVG_KIT_REACH_UNREACHABLE;
    default:
        return CVG_KIT_REACH_FAILED;
    }
}

/* "connect ADDRESS:PORT: what the C library calls the error number". */
static enum cvg_kit_reach read_connect(const char *text)
{
    static const int numbers[] = {ECONNREFUSED, ECONNRESET,  ECONNABORTED, EPIPE,   ETIMEDOUT,
                                  EHOSTUNREACH, ENETUNREACH, EHOSTDOWN,    ENETDOWN};
    if (strstr(text, "link-local addresses are refused") != NULL) {
        return CVG_KIT_REACH_GUARDED;
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (ends_in(text, strerrordesc_np(numbers[i]))) {
            return cvg_kit_reach_errno(numbers[i]);
        }
    }
    return CVG_KIT_REACH_FAILED;
}

enum cvg_kit_reach cvg_kit_reach_read(uint32_t fault, const char *text)
{
    static const char resolve[] = "resolve ";
    if (strncmp(text, resolve, sizeof(resolve) - 1) == 0) {
        if (fault == CVG_FAULT_REQUEST) {
            return CVG_KIT_REACH_NOT_A_HOST;
        }
        if (ends_in(text, "the address is of the other family") || ends_in(text, "no such name") ||
            ends_in(text, "the name has no address of this kind")) {
            return CVG_KIT_REACH_NAME_NOT_FOUND;
        }
        return CVG_KIT_REACH_NAME_SERVER_FAILED;
    }
    if (fault == CVG_FAULT_TIMEOUT) {
        return CVG_KIT_REACH_TIMED_OUT;
    }
    return fault == CVG_FAULT_REQUEST ? CVG_KIT_REACH_NOT_A_HOST : read_connect(text);
}

const char *cvg_kit_reach_code(enum cvg_kit_reach reach)
{
    static const char *const codes[] = {
#define CVG_KIT_REACH_CODE(constant, code, meaning, action) code,
        CVG_KIT_REACH_REASONS(CVG_KIT_REACH_CODE)
#undef CVG_KIT_REACH_CODE
    };
    return codes[reach];
}

void cvg_kit_reach_say(struct cvg_kit_finding *finding, enum cvg_kit_reach reach, const char *text)
{
    static const uint32_t statuses[CVG_KIT_REACH_COUNT] = {
        [CVG_KIT_REACH_REFUSED] = CVG_PROGRESSING,
        [CVG_KIT_REACH_RESET] = CVG_PROGRESSING,
        [CVG_KIT_REACH_CLOSED] = CVG_PROGRESSING,
        [CVG_KIT_REACH_NAME_NOT_FOUND] = CVG_PROGRESSING,
    };
    char words[600];
    cvg_kit_printable(words, sizeof(words), text, strlen(text));
    cvg_kit_finding_say(finding, statuses[reach], cvg_kit_reach_code(reach), "%s", words);
    if (reach == CVG_KIT_REACH_GUARDED || reach == CVG_KIT_REACH_NOT_A_HOST) {
        finding->reading.fault = CVG_FAULT_REQUEST;
    }
}

/* ---- time and address ---- */

int64_t cvg_kit_reach_patience(int64_t now_ns, int64_t deadline_ns)
{
    int64_t left = deadline_ns - now_ns;
    int64_t margin = left / 10;
    margin = margin < MARGIN_LEAST ? MARGIN_LEAST : margin > MARGIN_MOST ? MARGIN_MOST : margin;
    return left - margin > MILLISECOND ? left - margin : MILLISECOND;
}

void cvg_kit_reach_peer(int fd, char ret[CVG_KIT_ADDRESS_TEXT])
{
    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(peer);
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    ret[0] = '\0';
    if (getpeername(fd, (struct sockaddr *)&peer, &size) != 0) {
        return;
    }
    if (peer.ss_family == AF_INET) {
        memcpy(&in, &peer, sizeof(in));
        (void)inet_ntop(AF_INET, &in.sin_addr, ret, CVG_KIT_ADDRESS_TEXT);
    } else if (peer.ss_family == AF_INET6) {
        memcpy(&in6, &peer, sizeof(in6));
        (void)inet_ntop(AF_INET6, &in6.sin6_addr, ret, CVG_KIT_ADDRESS_TEXT);
    }
}
