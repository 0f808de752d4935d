/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: a reading with the memory of its texts; see finding.h. */
#include "finding.h"

#include "config.h"

#include <convergate/number.h>

#include <string.h>

const char *cvg_prom_reason_code(enum cvg_prom_reason reason)
{
    static const char *const codes[] = {
#define CVG_PROM_REASON_CODE(constant, code, meaning, action) code,
        CVG_PROM_REASONS(CVG_PROM_REASON_CODE)
#undef CVG_PROM_REASON_CODE
    };
    return codes[reason];
}

static const char *store(struct cvg_prom_finding *finding, const char *words)
{
    size_t size = strlen(words) + 1;
    if (size > sizeof(finding->store) - finding->store_used) {
        return NULL;
    }
    char *at = finding->store + finding->store_used;
    memcpy(at, words, size);
    finding->store_used += size;
    return at;
}

void cvg_prom_finding_fact(struct cvg_prom_finding *finding, const char *name, const char *words,
                           uint32_t kind)
{
    if (finding->reading.fact_count == CVG_PROM_FACT_LIMIT) {
        return;
    }
    const char *kept_name = store(finding, name);
    const char *kept_words = store(finding, words);
    if (kept_name != NULL && kept_words != NULL) {
        finding->facts[finding->reading.fact_count++] =
            (struct cvg_fact){.name = kept_name, .text = kept_words, .kind = kind};
    }
}

void cvg_prom_finding_number(struct cvg_prom_finding *finding, const char *name, double value)
{
    char words[CVG_NUMBER_TEXT];
    cvg_format_double(value, words, sizeof(words));
    cvg_prom_finding_fact(finding, name, words, CVG_FACT_NUMBER);
}

void cvg_prom_finding_count(struct cvg_prom_finding *finding, const char *name, size_t count)
{
    char words[32];
    struct cvg_kit_text text;
    cvg_kit_text_init(&text, words, sizeof(words));
    cvg_kit_text_format(&text, "%zu", count);
    cvg_prom_finding_fact(finding, name, words, CVG_FACT_NUMBER);
}

struct cvg_kit_text cvg_prom_finding_say(struct cvg_prom_finding *finding, uint32_t status,
                                         uint32_t fault, enum cvg_prom_reason reason)
{
    struct cvg_kit_text text;
    finding->reading.status = status;
    finding->reading.fault = fault;
    finding->reading.reason = cvg_prom_reason_code(reason);
    cvg_kit_text_init(&text, finding->message, sizeof(finding->message));
    return text;
}

void cvg_prom_finding_begin(struct cvg_prom_finding *finding)
{
    finding->reading = (struct cvg_reading){.size = sizeof(finding->reading)};
    finding->reading.message = finding->message;
    finding->reading.facts = finding->facts;
    finding->partial = 0;
    finding->warning[0] = finding->message[0] = finding->observed[0] = '\0';
    finding->store_used = 0;
}

void cvg_prom_finding_unknown(struct cvg_prom_finding *finding, uint32_t fault,
                              enum cvg_prom_reason reason, const char *words)
{
    cvg_prom_finding_begin(finding);
    struct cvg_kit_text text = cvg_prom_finding_say(finding, CVG_UNKNOWN, fault, reason);
    cvg_kit_text_add(&text, words);
}

uint32_t cvg_prom_stand_in(uint32_t choice)
{
    return choice == CVG_PROM_READY    ? (uint32_t)CVG_READY
           : choice == CVG_PROM_FAILED ? (uint32_t)CVG_FAILED
                                       : (uint32_t)CVG_UNKNOWN;
}
