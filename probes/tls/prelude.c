/* SPDX-License-Identifier: Apache-2.0 */
/* What is said before TLS; see prelude.h. */
#include "prelude.h"

#include <string.h>
#include <strings.h>

enum step {
    GREETING = 0,
    ABILITIES, /* SMTP: the answer to EHLO */
    GO_AHEAD,
};

static enum cvg_tls_turn say(struct cvg_tls_prelude *prelude, enum step next, const char *words,
                             size_t length)
{
    prelude->step = next;
    prelude->send = words;
    prelude->send_length = length;
    return CVG_TLS_SAY;
}

static enum cvg_tls_turn say_line(struct cvg_tls_prelude *prelude, enum step next,
                                  const char *words)
{
    return say(prelude, next, words, strlen(words));
}

enum cvg_tls_turn cvg_tls_prelude_begin(struct cvg_tls_prelude *prelude, uint32_t kind)
{
    /* SSLRequest: its length, and a number that is no version of the protocol. */
    static const char ssl_request[8] = {0, 0, 0, 8, 0x04, (char)0xd2, 0x16, 0x2f};
    *prelude = (struct cvg_tls_prelude){.kind = kind};
    return kind == CVG_TLS_POSTGRES ? say(prelude, GO_AHEAD, ssl_request, sizeof(ssl_request))
                                    : CVG_TLS_LISTEN;
}

static int begins(const char *line, const char *words)
{
    return strncasecmp(line, words, strlen(words)) == 0;
}

/* A word of its own, as "OK" of "OK ready" is, and of "OKAY" is not. */
static int begins_word(const char *line, const char *word)
{
    char next = line[begins(line, word) ? strlen(word) : 0];
    return begins(line, word) && (next == '\0' || next == ' ');
}

/* ---- SMTP ---- */

static int smtp_code(const char *line)
{
    for (int i = 0; i < 3; i++) {
        if (line[i] < '0' || line[i] > '9') {
            return -1;
        }
    }
    if (line[3] != ' ' && line[3] != '-' && line[3] != '\0') {
        return -1;
    }
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

static enum cvg_tls_turn take_smtp(struct cvg_tls_prelude *prelude)
{
    const char *line = prelude->line;
    int code = smtp_code(line);
    if (code < 200 || code > 599) {
        return CVG_TLS_STRANGE;
    }
    if (code >= 400) {
        return code < 500 ? CVG_TLS_LATER : CVG_TLS_DENIED;
    }
    if (code != (prelude->step == ABILITIES ? 250 : 220)) {
        return CVG_TLS_STRANGE;
    }
    if (prelude->step == ABILITIES && line[3] != '\0' && begins_word(line + 4, "STARTTLS")) {
        prelude->offered = 1;
    }
    if (line[3] == '-') {
        return CVG_TLS_LISTEN;
    }
    switch (prelude->step) {
    case GREETING:
        return say_line(prelude, ABILITIES, "EHLO convergate.invalid\r\n");
    case ABILITIES:
        return prelude->offered ? say_line(prelude, GO_AHEAD, "STARTTLS\r\n") : CVG_TLS_DENIED;
    default:
        return CVG_TLS_GO;
    }
}

/* ---- IMAP ---- */

static enum cvg_tls_turn take_imap(struct cvg_tls_prelude *prelude)
{
    const char *line = prelude->line;
    if (prelude->step == GREETING) {
        if (begins_word(line, "* OK")) {
            return say_line(prelude, GO_AHEAD, "a1 STARTTLS\r\n");
        }
        /* PREAUTH: who is known already may not ask for TLS any more. */
        return begins_word(line, "* BYE")       ? CVG_TLS_LATER
               : begins_word(line, "* PREAUTH") ? CVG_TLS_DENIED
                                                : CVG_TLS_STRANGE;
    }
    if (begins_word(line, "a1 OK")) {
        return CVG_TLS_GO;
    }
    if (begins_word(line, "a1 NO") || begins_word(line, "a1 BAD")) {
        return CVG_TLS_DENIED;
    }
    return begins(line, "* ") ? CVG_TLS_LISTEN : CVG_TLS_STRANGE;
}

/* ---- POP3 ---- */

static enum cvg_tls_turn take_pop3(struct cvg_tls_prelude *prelude)
{
    const char *line = prelude->line;
    if (begins_word(line, "-ERR")) {
        return prelude->step == GREETING ? CVG_TLS_LATER : CVG_TLS_DENIED;
    }
    if (!begins_word(line, "+OK")) {
        return CVG_TLS_STRANGE;
    }
    return prelude->step == GREETING ? say_line(prelude, GO_AHEAD, "STLS\r\n") : CVG_TLS_GO;
}

/* ---- all ---- */

static enum cvg_tls_turn take_line(struct cvg_tls_prelude *prelude)
{
    static enum cvg_tls_turn (*const takers[])(struct cvg_tls_prelude * prelude) = {
        [CVG_TLS_SMTP] = take_smtp,
        [CVG_TLS_IMAP] = take_imap,
        [CVG_TLS_POP3] = take_pop3,
    };

    size_t length = prelude->length;
    if (length > 0 && prelude->line[length - 1] == '\r') {
        length--;
    }
    prelude->line[length] = '\0';
    prelude->length = 0;
    prelude->lines++;
    if (strlen(prelude->line) != length || prelude->lines > CVG_TLS_LINES_MOST) {
        return CVG_TLS_STRANGE;
    }
    return takers[prelude->kind](prelude);
}

static enum cvg_tls_turn take_byte(struct cvg_tls_prelude *prelude, char byte)
{
    if (prelude->kind == CVG_TLS_POSTGRES) {
        prelude->line[0] = byte;
        prelude->line[1] = '\0';
        /* E: an error comes, such as that of a server that is still starting. */
        return byte == 'S'   ? CVG_TLS_GO
               : byte == 'N' ? CVG_TLS_DENIED
               : byte == 'E' ? CVG_TLS_LATER
                             : CVG_TLS_STRANGE;
    }
    if (byte == '\n') {
        return take_line(prelude);
    }
    if (prelude->length == CVG_TLS_LINE_MOST) {
        return CVG_TLS_STRANGE;
    }
    prelude->line[prelude->length++] = byte;
    prelude->line[prelude->length] = '\0';
    return CVG_TLS_LISTEN;
}

enum cvg_tls_turn cvg_tls_prelude_take(struct cvg_tls_prelude *prelude, const void *bytes,
                                       size_t length, size_t *ret_used)
{
    const char *at = bytes;
    enum cvg_tls_turn turn = CVG_TLS_LISTEN;
    size_t used = 0;
    while (used < length && turn == CVG_TLS_LISTEN) {
        turn = take_byte(prelude, at[used++]);
    }
    *ret_used = used;
    /* Whatever stands behind the go-ahead came before there was any encryption: from anybody. */
    return turn == CVG_TLS_GO && used < length ? CVG_TLS_STRANGE : turn;
}
