/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a question was answered, without the strings: the number of each series, and where in the
 * body its labels stand, so that only the texts that somebody is told about are ever read again.
 * The same for alerts and rules; an answer has the one kind of thing that was asked for.
 *
 * Either `fault` is CVG_FAULT_NONE and the things count, or it says why there are none; then
 * `problem` has the words for people. The body is borrowed and must live as long as texts are
 * asked for. The memory is kept from one answer to the next: cvg_prom_answer_done() frees it. One
 * owner, no locks.
 */
#ifndef CVG_PROM_ANSWER_H
#define CVG_PROM_ANSWER_H

#include "kit/text.h"
#include "reason.h"

#include <convergate/field.h>

/* Series in one answer; over it the answer is refused as TooLarge. */
#define CVG_PROM_ELEMENT_LIMIT 10000
/* Alerts and rules in one answer. */
#define CVG_PROM_ALERT_LIMIT   10000
#define CVG_PROM_RULE_LIMIT    50000

/* Where something stands in the body, with its quotes or braces; length 0: nowhere. */
struct cvg_prom_span {
    uint32_t at, length;
};

struct cvg_prom_element {
    double value;
    struct cvg_prom_span labels; /* the JSON object */
};

/* Of an Alertmanager. */
enum cvg_prom_alert_state {
    CVG_PROM_ALERT_ACTIVE = 0, /* also one that it has not looked at yet */
    CVG_PROM_ALERT_SILENCED,
    CVG_PROM_ALERT_INHIBITED,
};

struct cvg_prom_alert {
    struct cvg_prom_span labels, silence; /* the first of its silences */
    uint32_t state;                       /* enum cvg_prom_alert_state */
};

enum cvg_prom_rule_health {
    CVG_PROM_RULE_UNKNOWN = 0, /* not evaluated yet, or in a word that is not known */
    CVG_PROM_RULE_OK,
    CVG_PROM_RULE_BROKEN,
};

struct cvg_prom_rule {
    struct cvg_prom_span name, group, error;
    uint32_t health; /* enum cvg_prom_rule_health */
    uint32_t firing;
    int64_t evaluated_ns; /* since 1970; CVG_ABSENT_INT: never */
    int64_t interval_ns;  /* of its group; 0: not said */
};

struct cvg_prom_answer {
    uint32_t fault; /* enum cvg_fault */
    enum cvg_prom_reason reason;
    char problem[512];
    const char *body;
    struct cvg_prom_element *elements; /* owned */
    size_t count, capacity;
    struct cvg_prom_alert *alerts; /* owned */
    size_t alert_count, alert_capacity;
    struct cvg_prom_rule *rules; /* owned */
    size_t rule_count, rule_capacity;
    double about;      /* the earliest time that a sample says it is of, in seconds since 1970;
                          0: none says */
    uint32_t partial;  /* the source could not look everywhere */
    uint32_t warnings; /* how many it gave */
    char warning[256]; /* the first of them */
};

/* Empty, with nothing wrong. */
void cvg_prom_answer_reset(struct cvg_prom_answer *answer);
void cvg_prom_answer_done(struct cvg_prom_answer *answer);
/* Sets fault and reason and forgets all that was read; the problem's text is to be written into the
 * returned text, which borrows the answer. */
struct cvg_kit_text cvg_prom_answer_refuse(struct cvg_prom_answer *answer, uint32_t fault,
                                           enum cvg_prom_reason reason);

/* `http_requests_total{code="500", job="api"}`, as far as there is room. */
void cvg_prom_answer_describe(const struct cvg_prom_answer *answer,
                              const struct cvg_prom_element *element, struct cvg_kit_text *text);
/* `HighErrorRate{job="api"}`, whether its series or Alertmanager's. */
void cvg_prom_answer_describe_alert(const struct cvg_prom_answer *answer,
                                    struct cvg_prom_span labels, struct cvg_kit_text *text);
/* Calls label() with each of its labels until that returns nonzero. Names and values end with a
 * NUL and live until label() returns. */
void cvg_prom_answer_labels(const struct cvg_prom_answer *answer, struct cvg_prom_span labels,
                            int (*label)(void *arg, const char *name, const char *value,
                                         size_t value_length),
                            void *arg);
/* Whether the JSON string there says exactly this. */
int cvg_prom_answer_is(const struct cvg_prom_answer *answer, struct cvg_prom_span string,
                       const char *words);
/* Adds what the JSON string there says, at most `limit` bytes of it. */
void cvg_prom_answer_quote(const struct cvg_prom_answer *answer, struct cvg_prom_span string,
                           size_t limit, struct cvg_kit_text *text);

#endif
