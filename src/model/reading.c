/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping readings. Header, facts and all texts are one block, so that a reading costs one
 * allocation and its last reference, dropped on whatever thread, one free. Nothing in the block
 * changes after it was made, but the count.
 */
#include "model/reading.h"

#include "base/alloc.h"
#include "base/text.h"
#include "model/reason.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DROPPED_NAME "facts_dropped"
#define DROPPED_TEXT 24

struct cvg_kept_reading {
    atomic_uint references;
    uint64_t inputs;
    struct cvg_reading reading;
    struct cvg_fact facts[]; /* texts follow */
};

/* Which facts of a reading are kept. */
struct choice {
    size_t indexes[CVG_READING_FACT_LIMIT];
    size_t count, dropped;
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What Kubernetes allows as the reason of a condition, so that theirs can pass through. */
static bool is_code(const char *text)
{
    size_t length = strnlen(text, CVG_READING_CODE_LIMIT + 1);
    if (length > CVG_READING_CODE_LIMIT || !is_letter(text[0])) {
        return false;
    }
    for (size_t i = 1; i < length; i++) {
        char c = text[i];
        bool inner = (c == ',' || c == ':') && i + 1 < length;
        if (!is_letter(c) && !is_digit(c) && c != '_' && !inner) {
            return false;
        }
    }
    return true;
}

static bool is_fact_name(const char *text)
{
    size_t length = strnlen(text, CVG_READING_TEXT_LIMIT + 1);
    if (length == 0 || length > CVG_READING_TEXT_LIMIT) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (!is_letter(text[i]) && !is_digit(text[i]) && !strchr("_-.", text[i])) {
            return false;
        }
    }
    return true;
}

static const char *skip_digits(const char *text)
{
    while (is_digit(*text)) {
        text++;
    }
    return text;
}

/* JSON's syntax, as such facts are printed without quotes. */
static bool is_number(const char *text)
{
    const char *at = text + (*text == '-');
    const char *whole = at;

    at = skip_digits(at);
    if (at == whole || (*whole == '0' && at - whole > 1)) {
        return false;
    }
    if (*at == '.') {
        const char *fraction = ++at;
        at = skip_digits(at);
        if (at == fraction) {
            return false;
        }
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        const char *exponent = at;
        at = skip_digits(at);
        if (at == exponent) {
            return false;
        }
    }
    return *at == '\0' && at - text <= CVG_READING_TEXT_LIMIT;
}

static bool is_fact(const struct cvg_fact *fact)
{
    if (!fact->name || !fact->text || !is_fact_name(fact->name) ||
        strcmp(fact->name, DROPPED_NAME) == 0) {
        return false;
    }
    return fact->kind == CVG_FACT_STRING ||
           (fact->kind == CVG_FACT_NUMBER && is_number(fact->text));
}

/* What is not a number cannot be drawn, and a flag that is not known yet says nothing. */
static uint32_t kept_flags(const struct cvg_fact *fact)
{
    return fact->kind == CVG_FACT_NUMBER ? fact->flags & (uint32_t)CVG_FACT_METRIC : 0;
}

static bool is_chosen(const struct choice *choice, const struct cvg_reading *reading,
                      const char *name)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (strcmp(reading->facts[choice->indexes[i]].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static struct choice choose_facts(const struct cvg_reading *reading)
{
    struct choice choice = {.count = 0};

    for (size_t i = 0; i < reading->fact_count; i++) {
        if (choice.count == CVG_READING_FACT_LIMIT) {
            choice.dropped += reading->fact_count - i;
            break;
        }
        if (is_fact(&reading->facts[i]) && !is_chosen(&choice, reading, reading->facts[i].name)) {
            choice.indexes[choice.count++] = i;
        } else {
            choice.dropped++;
        }
    }
    return choice;
}

/* NULL: the reading keeps the contract. */
static const char *broken_by(const struct cvg_reading *reading, int64_t now)
{
    if (!reading->reason || !is_code(reading->reason)) {
        return "the module gave no reason that is one CamelCase word";
    }
    if (reading->status >= CVG_STATUS_COUNT) {
        return "the module gave a status that does not exist";
    }
    if (reading->fault >= CVG_FAULT_COUNT) {
        return "the module gave a fault that does not exist";
    }
    if (reading->fault != CVG_FAULT_NONE && reading->status != CVG_UNKNOWN) {
        return "the module gave a fault and yet a status other than unknown";
    }
    if (reading->observed_at_ns > now || reading->observed_at_ns < 0) {
        return "the module dated its evidence in the future, or before the clock began";
    }
    if (reading->fact_count > 0 && !reading->facts) {
        return "the module counted facts and gave none";
    }
    return NULL;
}

/* What the module's minor version of the struct does not have is zero. */
static struct cvg_reading checked(const struct cvg_reading *given, int64_t now)
{
    struct cvg_reading reading = {0};

    memcpy(&reading, given, CVG_MIN(given->size, sizeof reading));
    reading.size = sizeof reading;
    if (reading.observed_at_ns == 0) {
        reading.observed_at_ns = now;
    }
    const char *broken = broken_by(&reading, now);
    if (broken) {
        return (struct cvg_reading){
            .size = sizeof reading,
            .status = CVG_UNKNOWN,
            .fault = CVG_FAULT_BUG,
            .reason = cvg_reason_code(CVG_REASON_MODULE_FAULT),
            .message = broken,
            .observed_at_ns = now,
        };
    }
    reading.has_value = reading.has_value != 0;
    reading.value = reading.has_value ? reading.value : 0;
    reading.done = CVG_MIN(reading.done, reading.total);
    return reading;
}

static size_t text_room(const char *text)
{
    return text ? CVG_MIN(strlen(text), CVG_READING_TEXT_LIMIT) + 1 : 0;
}

static size_t texts_room(const struct cvg_reading *reading, const struct choice *choice)
{
    size_t room = text_room(reading->reason) + text_room(reading->message) +
                  text_room(reading->expected) + text_room(reading->observed) +
                  text_room(reading->revision);

    for (size_t i = 0; i < choice->count; i++) {
        const struct cvg_fact *fact = &reading->facts[choice->indexes[i]];
        room += text_room(fact->name) + text_room(fact->text);
    }
    return room + (choice->dropped > 0 ? sizeof DROPPED_NAME + DROPPED_TEXT : 0);
}

static const char *copy_text(char **at, const char *text)
{
    size_t room = text_room(text);
    if (room == 0) {
        return NULL;
    }
    char *copy = *at;
    cvg_text_printable(text, strlen(text), copy, room);
    *at += room;
    return copy;
}

static void copy_facts(struct cvg_kept_reading *kept, const struct cvg_reading *from,
                       const struct choice *choice, char **at)
{
    for (size_t i = 0; i < choice->count; i++) {
        const struct cvg_fact *fact = &from->facts[choice->indexes[i]];
        kept->facts[i] = (struct cvg_fact){
            .name = copy_text(at, fact->name),
            .text = copy_text(at, fact->text),
            .kind = fact->kind,
            .flags = kept_flags(fact),
        };
    }
    kept->reading.fact_count = choice->count;
    if (choice->dropped > 0) {
        char dropped[DROPPED_TEXT];
        (void)snprintf(dropped, sizeof dropped, "%zu", choice->dropped);
        kept->facts[kept->reading.fact_count++] = (struct cvg_fact){
            .name = copy_text(at, DROPPED_NAME),
            .text = copy_text(at, dropped),
            .kind = CVG_FACT_NUMBER,
        };
    }
    kept->reading.facts = kept->reading.fact_count > 0 ? kept->facts : NULL;
}

struct cvg_kept_reading *cvg_reading_keep(const struct cvg_reading *reading, int64_t now)
{
    struct cvg_reading from = checked(reading, now);
    struct choice choice = choose_facts(&from);
    size_t fact_count = choice.count + (choice.dropped > 0);
    size_t facts_end = sizeof(struct cvg_kept_reading) + fact_count * sizeof(struct cvg_fact);
    struct cvg_kept_reading *kept = cvg_alloc(facts_end + texts_room(&from, &choice));
    char *at = (char *)kept + facts_end;

    atomic_init(&kept->references, 1);
    kept->reading = from;
    kept->reading.reason = copy_text(&at, from.reason);
    kept->reading.message = copy_text(&at, from.message);
    kept->reading.expected = copy_text(&at, from.expected);
    kept->reading.observed = copy_text(&at, from.observed);
    kept->reading.revision = copy_text(&at, from.revision);
    copy_facts(kept, &from, &choice, &at);
    return kept;
}

struct cvg_kept_reading *cvg_reading_keep_asked(const struct cvg_reading *reading, uint64_t inputs,
                                                int64_t now)
{
    struct cvg_kept_reading *kept = cvg_reading_keep(reading, now);
    kept->inputs = inputs;
    return kept;
}

uint64_t cvg_reading_inputs(const struct cvg_kept_reading *kept)
{
    return kept->inputs;
}

struct cvg_kept_reading *cvg_reading_ref(struct cvg_kept_reading *kept)
{
    if (kept) {
        atomic_fetch_add_explicit(&kept->references, 1, memory_order_relaxed);
    }
    return kept;
}

void cvg_reading_unref(struct cvg_kept_reading *kept)
{
    /* Whoever frees must see all that others did with the block before they let it go. */
    if (kept && atomic_fetch_sub_explicit(&kept->references, 1, memory_order_acq_rel) == 1) {
        free(kept);
    }
}

const struct cvg_reading *cvg_reading_get(const struct cvg_kept_reading *kept)
{
    return &kept->reading;
}

bool cvg_reading_same_facts(const struct cvg_reading *a, const struct cvg_reading *b)
{
    if (a->fact_count != b->fact_count) {
        return false;
    }
    for (size_t i = 0; i < a->fact_count; i++) {
        if (a->facts[i].kind != b->facts[i].kind ||
            !cvg_text_equal(a->facts[i].name, b->facts[i].name) ||
            !cvg_text_equal(a->facts[i].text, b->facts[i].text)) {
            return false;
        }
    }
    return true;
}

static bool same_flags(const struct cvg_reading *a, const struct cvg_reading *b)
{
    for (size_t i = 0; i < a->fact_count; i++) {
        if (a->facts[i].flags != b->facts[i].flags) {
            return false;
        }
    }
    return true;
}

static bool same_value(const struct cvg_reading *a, const struct cvg_reading *b)
{
    if (!a->has_value || !b->has_value) {
        return !a->has_value && !b->has_value;
    }
    bool a_is_nan = a->value != a->value;
    bool b_is_nan = b->value != b->value;
    return a_is_nan || b_is_nan ? a_is_nan && b_is_nan : a->value == b->value;
}

int cvg_reading_same(const struct cvg_reading *a, const struct cvg_reading *b)
{
    return a->status == b->status && a->fault == b->fault && a->done == b->done &&
           a->total == b->total && same_value(a, b) && cvg_text_equal(a->reason, b->reason) &&
           cvg_text_equal(a->message, b->message) && cvg_text_equal(a->expected, b->expected) &&
           cvg_text_equal(a->observed, b->observed) && cvg_text_equal(a->revision, b->revision) &&
           cvg_reading_same_facts(a, b) && same_flags(a, b);
}

const char *cvg_reading_fact(const struct cvg_reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->fact_count; i++) {
        if (cvg_text_equal(reading->facts[i].name, name)) {
            return reading->facts[i].text;
        }
    }
    return NULL;
}

const char *cvg_status_text(uint32_t status)
{
    static const char *const texts[CVG_STATUS_COUNT] = {"unknown", "failed", "degraded",
                                                        "progressing", "ready"};
    return status < CVG_STATUS_COUNT ? texts[status] : "unknown";
}

const char *cvg_plane_text(uint32_t plane)
{
    return plane == CVG_DECLARED ? "declared" : "observed";
}

const char *cvg_fault_text(uint32_t fault)
{
    static const char *const texts[CVG_FAULT_COUNT] = {
        [CVG_FAULT_NONE] = "none",
        [CVG_FAULT_TIMEOUT] = "timeout",
        [CVG_FAULT_CONNECT] = "connect",
        [CVG_FAULT_TLS] = "tls",
        [CVG_FAULT_AUTH] = "auth",
        [CVG_FAULT_PROTOCOL] = "protocol",
        [CVG_FAULT_TOO_LARGE] = "too_large",
        [CVG_FAULT_THROTTLED] = "throttled",
        [CVG_FAULT_REQUEST] = "request",
        [CVG_FAULT_INPUT] = "input",
        [CVG_FAULT_BUG] = "bug",
    };
    return fault < CVG_FAULT_COUNT ? texts[fault] : "none";
}
