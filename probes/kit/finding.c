/* SPDX-License-Identifier: Apache-2.0 */
/* Readings in the making; see finding.h. */
#include "kit/finding.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cvg_kit_finding_begin(struct cvg_kit_finding *finding)
{
    finding->reading = (struct cvg_reading){.size = sizeof(finding->reading)};
    finding->reading.status = CVG_UNKNOWN;
    finding->reading.facts = finding->facts;
    finding->used = 0;
    finding->room[0] = '\0';
}

static const char *format_into(struct cvg_kit_finding *finding, size_t limit, const char *format,
                               va_list arguments) __attribute__((format(printf, 3, 0)));

/* Cut at a character's end where it does not fit. */
static const char *format_into(struct cvg_kit_finding *finding, size_t limit, const char *format,
                               va_list arguments)
{
    size_t left = sizeof(finding->room) - finding->used;
    char *text = finding->room + finding->used;
    size_t size = left < limit ? left : limit;
    if (size == 0) {
        return "";
    }
    int wanted = vsnprintf(text, size, format, arguments);
    size_t length = wanted < 0 ? 0 : (size_t)wanted < size ? (size_t)wanted : size - 1;
    if (wanted > 0 && (size_t)wanted >= size) {
        /* What was cut off may have been the rest of a character. */
        size_t at = length;
        while (at > 0 && length - at < 3 && ((unsigned char)text[at - 1] & 0xC0) == 0x80) {
            at--;
        }
        if (at > 0 && (unsigned char)text[at - 1] >= 0xC0) {
            length = at - 1;
        }
    }
    text[length] = '\0';
    finding->used += length + 1;
    return text;
}

#define MESSAGE_MOST 1024 /* of which the host keeps no more */

void cvg_kit_finding_say(struct cvg_kit_finding *finding, uint32_t status, const char *reason,
                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    finding->reading.status = status;
    finding->reading.fault = CVG_FAULT_NONE;
    finding->reading.reason = reason;
    finding->reading.message = format_into(finding, MESSAGE_MOST, format, arguments);
    va_end(arguments);
}

const char *cvg_kit_finding_text(struct cvg_kit_finding *finding, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = format_into(finding, MESSAGE_MOST, format, arguments);
    va_end(arguments);
    return text;
}

static void add_fact(struct cvg_kit_finding *finding, const char *name, const char *text,
                     uint32_t kind)
{
    size_t count = finding->reading.fact_count;
    if (count < CVG_KIT_FACTS && *name != '\0' && *text != '\0') {
        finding->facts[count] = (struct cvg_fact){.name = name, .text = text, .kind = kind};
        finding->reading.fact_count++;
    }
}

void cvg_kit_finding_fact(struct cvg_kit_finding *finding, const char *name, const char *format,
                          ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *kept = cvg_kit_finding_text(finding, "%s", name);
    add_fact(finding, kept, format_into(finding, MESSAGE_MOST, format, arguments), CVG_FACT_STRING);
    va_end(arguments);
}

void cvg_kit_finding_number(struct cvg_kit_finding *finding, const char *name, int64_t value)
{
    const char *kept = cvg_kit_finding_text(finding, "%s", name);
    add_fact(finding, kept, cvg_kit_finding_text(finding, "%" PRId64, value), CVG_FACT_NUMBER);
}

void cvg_kit_finding_metric(struct cvg_kit_finding *finding, const char *name, int64_t value)
{
    size_t before = finding->reading.fact_count;
    cvg_kit_finding_number(finding, name, value);
    if (finding->reading.fact_count > before) {
        finding->facts[before].flags = CVG_FACT_METRIC;
    }
}
