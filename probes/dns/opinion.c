/* SPDX-License-Identifier: Apache-2.0 */
/* One voice and what the check wants; see opinion.h. */
#include "opinion.h"

#include "kit/text.h"

#include <convergate/number.h>

#include <stdlib.h>
#include <string.h>

#define NS_A_SECOND INT64_C(1000000000)
#define VALUES_SAID 4
#define VALUE_SAID  96 /* bytes of it */

static struct cvg_kit_text say(struct cvg_dns_opinion *ret, uint32_t status,
                               enum cvg_dns_reason reason)
{
    struct cvg_kit_text text;
    ret->status = status;
    ret->reason = reason;
    cvg_kit_text_init(&text, ret->says, sizeof(ret->says));
    return text;
}

static void say_words(struct cvg_dns_opinion *ret, uint32_t status, enum cvg_dns_reason reason,
                      const char *words)
{
    struct cvg_kit_text text = say(ret, status, reason);
    cvg_kit_text_add(&text, words);
}

void cvg_dns_values_say(struct cvg_kit_text *text, const char *const *values, size_t count)
{
    for (size_t i = 0; i < count && i < VALUES_SAID; i++) {
        cvg_kit_text_add(text, i == 0 ? "" : ", ");
        cvg_kit_text_evidence(text, values[i], strlen(values[i]), VALUE_SAID);
    }
    if (count > VALUES_SAID) {
        cvg_kit_text_format(text, " and %zu more", count - VALUES_SAID);
    }
}

/* ---- answers that are of no use ---- */

static const char *type_name(const struct cvg_dns_part *part)
{
    return cvg_dns_type_choices[part->type];
}

static void say_error(const struct cvg_dns_part *part, struct cvg_dns_opinion *ret)
{
    char room[24];
    uint32_t rcode = part->answer.rcode;
    int refused = rcode == CVG_DNS_REFUSED || rcode == CVG_DNS_NOTAUTH;
    struct cvg_kit_text text = say(
        ret, CVG_UNKNOWN, refused ? CVG_DNS_REASON_SERVER_REFUSED : CVG_DNS_REASON_SERVER_FAILED);
    cvg_kit_text_format(&text, "%s (%s)", refused ? "does not answer this to us" : "could not tell",
                        cvg_dns_rcode_text(rcode, room));
}

/* 1 where the part is of no use, which is said then. */
static int is_useless(const struct cvg_dns_part *part, struct cvg_dns_opinion *ret)
{
    static const enum cvg_dns_reason reasons[] = {
        [CVG_DNS_HEARD_NOTHING] = CVG_DNS_REASON_TIMED_OUT,
        [CVG_DNS_HEARD_UNREACHABLE] = CVG_DNS_REASON_SERVER_UNREACHABLE,
        [CVG_DNS_HEARD_NOISE] = CVG_DNS_REASON_BAD_ANSWER,
    };
    struct cvg_kit_text text;
    if (part->heard != CVG_DNS_HEARD_ANSWER) {
        say_words(ret, CVG_UNKNOWN, reasons[part->heard], part->text);
        return 1;
    }
    switch (part->answer.kind) {
    case CVG_DNS_REFERRAL:
        say_words(ret, CVG_UNKNOWN, CVG_DNS_REASON_SERVER_REFUSED,
                  "does not have the zone and only says who else to ask");
        return 1;
    case CVG_DNS_ERROR:
        say_error(part, ret);
        return 1;
    case CVG_DNS_BROKEN:
        text = say(ret, CVG_UNKNOWN, CVG_DNS_REASON_BAD_ANSWER);
        cvg_kit_text_format(&text, "its answer makes no sense: %s", part->answer.what);
        return 1;
    case CVG_DNS_TOO_LARGE:
        text = say(ret, CVG_UNKNOWN, CVG_DNS_REASON_TOO_LARGE);
        cvg_kit_text_format(&text, "its answer is too large: %s", part->answer.what);
        return 1;
    default:
        return 0;
    }
}

/* ---- records ---- */

static int in_order(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void note_serial(struct cvg_dns_opinion *ret)
{
    uint64_t serial;
    const char *word = ret->count == 1 ? strchr(ret->values[0], ' ') : NULL;
    word = word != NULL ? strchr(word + 1, ' ') : NULL;
    if (word != NULL && cvg_parse_uint64(word + 1, strcspn(word + 1, " "), &serial) == 0 &&
        serial <= UINT32_MAX) {
        ret->has_serial = 1;
        ret->serial = (uint32_t)serial;
    }
}

static void gather(const struct cvg_dns_plan *plan, const struct cvg_dns_voice *voice,
                   struct cvg_dns_opinion *ret)
{
    ret->ttl = UINT32_MAX;
    for (size_t i = 0; i < voice->part_count; i++) {
        const struct cvg_dns_answer *answer = &voice->parts[i].answer;
        for (size_t j = 0; j < answer->count; j++) {
            ret->values[ret->count++] = answer->values[j];
        }
        if (answer->count > 0) {
            ret->ttl = answer->ttl < ret->ttl ? answer->ttl : ret->ttl;
            ret->alias_end = answer->aliases > 0 ? answer->end : ret->alias_end;
        }
    }
    if (ret->count > 1) {
        qsort(ret->values, ret->count, sizeof(ret->values[0]), in_order);
    }
    if (plan->type == CVG_DNS_SOA) {
        note_serial(ret);
    }
}

/* 1 where a name or records are missing, which is said then. */
static int is_missing(const struct cvg_dns_voice *voice, struct cvg_dns_opinion *ret)
{
    for (size_t i = 0; i < voice->part_count; i++) {
        const struct cvg_dns_part *part = &voice->parts[i];
        struct cvg_kit_text text;
        if (part->answer.kind == CVG_DNS_NO_NAME) {
            text = say(ret, CVG_PROGRESSING, CVG_DNS_REASON_NAME_NOT_FOUND);
            cvg_kit_text_add(&text, "no such name (NXDOMAIN)");
        } else if (part->answer.kind == CVG_DNS_NO_DATA) {
            text = say(ret, CVG_PROGRESSING, CVG_DNS_REASON_NO_RECORDS);
            cvg_kit_text_format(&text, "the name has no %s record", type_name(part));
        } else {
            continue;
        }
        if (part->answer.aliases > 0) {
            cvg_kit_text_add(&text, ": it is an alias of ");
            cvg_kit_text_evidence(&text, part->answer.end, strlen(part->answer.end), VALUE_SAID);
        }
        return 1;
    }
    return 0;
}

/* Both are sorted. What the first has and the second has not. */
static size_t lacking(const char *const *of, size_t of_count, const char *const *in,
                      size_t in_count, const char **ret)
{
    size_t count = 0;
    for (size_t i = 0, j = 0; i < of_count; i++) {
        while (j < in_count && strcmp(in[j], of[i]) < 0) {
            j++;
        }
        if (j == in_count || strcmp(in[j], of[i]) != 0) {
            ret[count++] = of[i];
        }
    }
    return count;
}

static int differs(const struct cvg_dns_plan *plan, struct cvg_dns_opinion *ret)
{
    const char *missing[CVG_DNS_WANTED_MOST];
    const char *surplus[CVG_DNS_PARTS * CVG_DNS_RECORDS];
    const char *const *wanted = (const char *const *)plan->wanted;
    size_t missing_count = lacking(wanted, plan->wanted_count, ret->values, ret->count, missing);
    size_t surplus_count =
        plan->exact ? lacking(ret->values, ret->count, wanted, plan->wanted_count, surplus) : 0;
    if (missing_count + surplus_count == 0) {
        return 0;
    }
    struct cvg_kit_text text = say(ret, CVG_PROGRESSING, CVG_DNS_REASON_RECORDS_DIFFER);
    cvg_dns_values_say(&text, ret->values, ret->count);
    if (missing_count > 0) {
        cvg_kit_text_add(&text, "; missing: ");
        cvg_dns_values_say(&text, missing, missing_count);
    }
    if (surplus_count > 0) {
        cvg_kit_text_add(&text, "; not wanted: ");
        cvg_dns_values_say(&text, surplus, surplus_count);
    }
    return 1;
}

static int is_miscounted(const struct cvg_dns_plan *plan, struct cvg_dns_opinion *ret)
{
    int64_t count = (int64_t)ret->count;
    int exactly = plan->count != CVG_ABSENT_INT;
    if (exactly ? count == plan->count
                : plan->at_least == CVG_ABSENT_INT || count >= plan->at_least) {
        return 0;
    }
    struct cvg_kit_text text = say(ret, CVG_PROGRESSING, CVG_DNS_REASON_COUNT_DIFFERS);
    cvg_kit_text_format(&text, "%zu %s, wanted %s%lld: ", ret->count,
                        cvg_plural(ret->count, "record", "records"), exactly ? "" : "at least ",
                        (long long)(exactly ? plan->count : plan->at_least));
    cvg_dns_values_say(&text, ret->values, ret->count);
    return 1;
}

/* RFC 1982: an hour on a round clock of 32 bits. Of two that are half a round apart it leaves open
 * which is the later, and what is open is never taken as reached. */
static int is_before(uint32_t serial, uint32_t other)
{
    return serial != other && other - serial <= UINT32_C(0x80000000);
}

static int is_behind(const struct cvg_dns_plan *plan, struct cvg_dns_opinion *ret)
{
    if (!plan->has_serial || (ret->has_serial && !is_before(ret->serial, plan->serial))) {
        return 0;
    }
    struct cvg_kit_text text = say(ret, CVG_PROGRESSING, CVG_DNS_REASON_SERIAL_TOO_LOW);
    cvg_kit_text_format(&text, "serial %u, wanted at least %u", ret->serial, plan->serial);
    return 1;
}

static int has_wrong_ttl(const struct cvg_dns_plan *plan, struct cvg_dns_opinion *ret)
{
    char limit[CVG_NUMBER_TEXT];
    int64_t ttl = ret->ttl * NS_A_SECOND;
    int low = plan->min_ttl != CVG_ABSENT_INT && ttl < plan->min_ttl;
    if (!low && (plan->max_ttl == CVG_ABSENT_INT || ttl <= plan->max_ttl)) {
        return 0;
    }
    struct cvg_kit_text text = say(ret, CVG_PROGRESSING, CVG_DNS_REASON_TTL_OUT_OF_RANGE);
    (void)cvg_format_duration(low ? plan->min_ttl : plan->max_ttl, limit, sizeof(limit));
    cvg_kit_text_format(&text, "TTL %u s, wanted at %s %s", ret->ttl, low ? "least" : "most",
                        limit);
    return 1;
}

static int is_unverified(const struct cvg_dns_plan *plan, const struct cvg_dns_voice *voice,
                         struct cvg_dns_opinion *ret)
{
    size_t i = 0;
    while (i < voice->part_count && voice->parts[i].answer.authenticated) {
        i++;
    }
    if (!plan->authenticated || i == voice->part_count) {
        return 0;
    }
    say_words(ret, CVG_PROGRESSING, CVG_DNS_REASON_NOT_AUTHENTICATED,
              "did not say that it verified the answer (AD bit)");
    return 1;
}

static void say_records(const struct cvg_dns_plan *plan, struct cvg_dns_opinion *ret)
{
    struct cvg_kit_text text = say(ret, CVG_READY, CVG_DNS_REASON_RESOLVED);
    if (plan->type == CVG_DNS_SOA && ret->has_serial) {
        cvg_kit_text_format(&text, "serial %u", ret->serial);
    } else {
        cvg_dns_values_say(&text, ret->values, ret->count);
    }
}

void cvg_dns_opinion_make(const struct cvg_dns_plan *plan, const struct cvg_dns_voice *voice,
                          struct cvg_dns_opinion *ret)
{
    memset(ret, 0, sizeof(*ret));
    for (size_t i = 0; i < voice->part_count; i++) {
        if (is_useless(&voice->parts[i], ret)) {
            return;
        }
    }
    gather(plan, voice, ret);
    if (plan->count == 0) {
        if (!is_miscounted(plan, ret) && is_missing(voice, ret) &&
            !is_unverified(plan, voice, ret)) {
            ret->status = CVG_READY;
            ret->reason = CVG_DNS_REASON_GONE;
        }
        return;
    }
    if (!is_missing(voice, ret) && !differs(plan, ret) && !is_miscounted(plan, ret) &&
        !is_behind(plan, ret) && !has_wrong_ttl(plan, ret) && !is_unverified(plan, voice, ret)) {
        say_records(plan, ret);
    }
}

int cvg_dns_opinion_same(const struct cvg_dns_opinion *left, const struct cvg_dns_opinion *right)
{
    if (left->has_serial && right->has_serial) {
        return left->serial == right->serial;
    }
    if (left->count != right->count) {
        return 0;
    }
    size_t i = 0;
    while (i < left->count && strcmp(left->values[i], right->values[i]) == 0) {
        i++;
    }
    return i == left->count;
}
