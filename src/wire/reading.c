/* SPDX-License-Identifier: Apache-2.0 */
/* A reading as JSON. Numbers that a double cannot hold exactly stay text. */
#include "wire/reading.h"

#include "model/reading.h"
#include "wire/reading_parts.h"

#include <convergate/number.h>

#include <math.h>
#include <string.h>

/* Above this a double no longer holds every whole number. */
#define EXACT 9007199254740992.0

void cvg_document_facts(cJSON *parent, const struct cvg_reading *reading)
{
    cJSON *facts = cvg_document_object();

    for (size_t i = 0; reading && i < reading->fact_count; i++) {
        const struct cvg_fact *fact = &reading->facts[i];
        double number = 0;
        /* A number that a double cannot hold exactly would lose digits: those stay text. */
        if (fact->kind == CVG_FACT_NUMBER &&
            cvg_parse_double(fact->text, strlen(fact->text), &number) == 0 &&
            fabs(number) <= EXACT) {
            cvg_document_number(facts, fact->name, number);
        } else {
            cvg_document_text(facts, fact->name, fact->text);
        }
    }
    cvg_document_add(parent, "facts", facts);
}

void cvg_document_value(cJSON *parent, const struct cvg_reading *reading)
{
    if (reading && reading->has_value) {
        cvg_document_number(parent, "value", reading->value);
    } else {
        cvg_document_null(parent, "value");
    }
}

int cvg_wire_reading_write(const struct cvg_reading *reading, int64_t wall_offset,
                           struct cvg_buf *ret)
{
    CVG_CLEANUP(cvg_document_done) cJSON *root = cvg_document_object();

    cvg_document_text(root, "status", cvg_status_text(reading->status));
    cvg_document_text(root, "reason", reading->reason);
    cvg_document_text(root, "fault", cvg_fault_text(reading->fault));
    cvg_document_text(root, "message", reading->message);
    cvg_document_text(root, "expected", reading->expected);
    cvg_document_text(root, "observed", reading->observed);
    cvg_document_text(root, "revision", reading->revision);
    cvg_document_value(root, reading);
    cvg_document_facts(root, reading);
    cvg_document_time(root, "observed_at", reading->observed_at_ns, wall_offset);
    return cvg_document_print(root, ret);
}
