/* SPDX-License-Identifier: Apache-2.0 */
/* From how a program ended to a reading; see outcome.h. */
#include "outcome.h"

#include "codes.h"
#include "kit/printable.h"
#include "nagios.h"
#include "report.h"

#include <convergate/number.h>

#include <stdio.h>
#include <string.h>

#define MESSAGE_MOST 512
/* Kept from facts: for a report's message and revision, the message and what was observed. Half a
 * revision would agree with others. */
#define KEPT         2048
#define MS           INT64_C(1000000)

void cvg_exec_unknown(struct cvg_kit_finding *ret, uint32_t fault, enum cvg_exec_reason reason,
                      const char *text)
{
    cvg_kit_finding_begin(ret);
    cvg_kit_finding_say(ret, CVG_UNKNOWN, cvg_exec_reason(reason), "%s", text);
    ret->reading.fault = fault;
}

/* ---- facts ---- */

/* Letters, digits, '_', '-', '.'; else a '_'. */
static const char *fact_name(struct cvg_kit_finding *finding, const char *name)
{
    char kept[128];
    size_t length = 0;
    for (; name[length] != '\0' && length + 1 < sizeof(kept); length++) {
        char c = name[length];
        int fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   c == '_' || c == '-' || c == '.';
        kept[length] = c;
        if (!fits) {
            kept[length] = '_';
        }
    }
    kept[length] = '\0';
    for (size_t i = 0; i < finding->reading.fact_count; i++) {
        if (strcmp(finding->facts[i].name, kept) == 0) {
            return NULL;
        }
    }
    return cvg_kit_finding_text(finding, "%s", kept);
}

/* Whole or not at all: others are asked with it. */
static void add(struct cvg_kit_finding *finding, const char *name, const char *text, size_t length,
                uint32_t kind)
{
    size_t left = sizeof(finding->room) - finding->used;
    if (finding->reading.fact_count >= CVG_KIT_FACTS || length == 0 ||
        strlen(name) + length + 4 + KEPT > left || length >= 1024) {
        return;
    }
    const char *kept = fact_name(finding, name);
    if (kept == NULL || *kept == '\0') {
        return;
    }
    finding->facts[finding->reading.fact_count++] =
        (struct cvg_fact){.name = kept,
                          .text = cvg_kit_finding_text(finding, "%.*s", (int)length, text),
                          .kind = kind,
                          .flags = kind == CVG_FACT_NUMBER ? CVG_FACT_METRIC : 0};
}

void cvg_exec_fact_number(struct cvg_kit_finding *finding, const char *name, const char *text,
                          size_t length)
{
    add(finding, name, text, length, CVG_FACT_NUMBER);
}

void cvg_exec_fact_text(struct cvg_kit_finding *finding, const char *name, const char *text,
                        size_t length)
{
    add(finding, name, text, length, CVG_FACT_STRING);
}

/* ---- performance data ---- */

struct gathering {
    struct cvg_kit_finding *finding;
    int details; /* the values are in: now what else there is of them */
};

/* As JSON writes it: plugins write ".5", "5." and "007" too. */
static void perf_number(struct cvg_kit_finding *finding, const char *name,
                        const struct cvg_exec_piece *piece)
{
    char text[CVG_NUMBER_TEXT];
    double value = 0;
    if (cvg_exec_nagios_number(piece, &value) == 0) {
        size_t length = cvg_format_double(value, text, sizeof(text));
        cvg_exec_fact_number(finding, name, text, length);
    }
}

static int take_perf(void *arg, const struct cvg_exec_perf *perf)
{
    const struct gathering *gathering = arg;
    struct cvg_kit_finding *finding = gathering->finding;
    char name[sizeof("perf..warn") + CVG_EXEC_LABEL];
    if (!gathering->details) {
        double value = 0;
        (void)snprintf(name, sizeof(name), "perf.%s", perf->label);
        perf_number(finding, name, &perf->value);
        if (!finding->reading.has_value && cvg_exec_nagios_number(&perf->value, &value) == 0) {
            finding->reading.value = value;
            finding->reading.has_value = 1;
        }
        return 0;
    }

    const struct {
        const char *word;
        const struct cvg_exec_piece *piece;
    } words[] = {{"unit", &perf->unit}, {"warn", &perf->warn}, {"crit", &perf->crit}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char shown[32];
        cvg_kit_printable(shown, sizeof(shown), words[i].piece->text, words[i].piece->length);
        (void)snprintf(name, sizeof(name), "perf.%s.%s", perf->label, words[i].word);
        cvg_exec_fact_text(finding, name, shown, strlen(shown));
    }
    (void)snprintf(name, sizeof(name), "perf.%s.min", perf->label);
    perf_number(finding, name, &perf->min);
    (void)snprintf(name, sizeof(name), "perf.%s.max", perf->label);
    perf_number(finding, name, &perf->max);
    return 0;
}

static void gather_perf(const struct cvg_exec_outcome *outcome, struct cvg_kit_finding *finding)
{
    struct gathering gathering = {.finding = finding};
    /* The values of all before the details of any: there is room for so many. */
    size_t wrong = cvg_exec_nagios_perf(outcome->out, outcome->out_length, take_perf, &gathering);
    gathering.details = 1;
    (void)cvg_exec_nagios_perf(outcome->out, outcome->out_length, take_perf, &gathering);
    if (wrong > 0) {
        cvg_kit_finding_number(finding, "perf_not_read", (int64_t)wrong);
    }
}

/* ---- the program's word ---- */

static struct cvg_exec_piece first_line(const char *text, size_t length)
{
    size_t begin = 0;
    while (begin < length && strchr(" \t\r\n", text[begin]) != NULL && text[begin] != '\0') {
        begin++;
    }
    const char *end = begin < length ? memchr(text + begin, '\n', length - begin) : NULL;
    return (struct cvg_exec_piece){text + begin,
                                   end == NULL ? length - begin : (size_t)(end - text) - begin};
}

/* From what it wrote, errors where that is nothing. */
static void take_message(const struct cvg_exec_outcome *outcome, uint32_t output,
                         char ret[MESSAGE_MOST])
{
    struct cvg_exec_piece piece = {"", 0};
    if (output == CVG_EXEC_OUTPUT_NAGIOS) {
        piece = cvg_exec_nagios_message(outcome->out, outcome->out_length);
    } else if (output == CVG_EXEC_OUTPUT_TEXT) {
        piece = first_line(outcome->out, outcome->out_length);
    }
    if (piece.length == 0) {
        piece = first_line(outcome->err, outcome->err_length);
    }
    cvg_kit_printable(ret, MESSAGE_MOST, piece.text, piece.length);
}

static enum cvg_exec_reason reason_of(uint32_t status)
{
    static const enum cvg_exec_reason reasons[CVG_STATUS_COUNT] = {
        [CVG_UNKNOWN] = CVG_EXEC_REASON_CANNOT_TELL, [CVG_FAILED] = CVG_EXEC_REASON_NOT_OK,
        [CVG_DEGRADED] = CVG_EXEC_REASON_WARNED,     [CVG_PROGRESSING] = CVG_EXEC_REASON_NOT_YET,
        [CVG_READY] = CVG_EXEC_REASON_SUCCEEDED,
    };

    return reasons[status];
}

static void begin(const struct cvg_exec_outcome *outcome, struct cvg_kit_finding *ret)
{
    cvg_kit_finding_begin(ret);
    cvg_kit_finding_metric(ret, "exit_code", outcome->exit_code);
    cvg_kit_finding_metric(ret, "took_ms", outcome->took_ns / MS);
}

static void judge_end(const struct cvg_exec_check_config *config,
                      const struct cvg_exec_outcome *outcome, struct cvg_kit_finding *ret)
{
    char message[MESSAGE_MOST];
    char wrong[160] = "";
    struct cvg_exec_report report = {.status = CVG_EXEC_NO_STATUS};
    int named = 0;
    uint32_t output = cvg_exec_output(config);
    uint32_t status =
        cvg_exec_codes_status(&config->codes, config->exit_codes, outcome->exit_code, &named);
    enum cvg_exec_reason reason = named ? reason_of(status) : CVG_EXEC_REASON_EXIT_UNEXPECTED;
    begin(outcome, ret);
    take_message(outcome, output, message);
    if (output == CVG_EXEC_OUTPUT_NAGIOS) {
        gather_perf(outcome, ret);
    } else if (output == CVG_EXEC_OUTPUT_JSON &&
               cvg_exec_report_read(outcome->out, outcome->out_length, ret, &report, wrong,
                                    sizeof(wrong)) == 0) {
        if (report.status != CVG_EXEC_NO_STATUS && status == CVG_READY) {
            status = report.status;
            reason = reason_of(status);
        }
        if (report.message != NULL) {
            cvg_kit_printable(message, sizeof(message), report.message, strlen(report.message));
        }
    }
    if (wrong[0] != '\0' && status == CVG_READY) {
        cvg_exec_unknown(ret, CVG_FAULT_NONE, CVG_EXEC_REASON_OUTPUT_INVALID, wrong);
        return;
    }
    if (wrong[0] != '\0') {
        begin(outcome, ret); /* without what was read before it went wrong */
    }
    if (message[0] == '\0') {
        (void)snprintf(message, sizeof(message), "it ended with exit code %d",
                       (int)outcome->exit_code);
    }
    cvg_kit_finding_say(ret, status, cvg_exec_reason(reason), "%s", message);
    ret->reading.observed = cvg_kit_finding_text(ret, "exit code %d", (int)outcome->exit_code);
}

void cvg_exec_judge(const struct cvg_exec_check_config *config,
                    const struct cvg_exec_outcome *outcome, struct cvg_kit_finding *ret)
{
    char text[160];
    size_t limit = (size_t)config->output_limit;
    switch (outcome->fault) {
    case CVG_FAULT_NONE:
        break;
    case CVG_FAULT_TIMEOUT:
        cvg_exec_unknown(ret, CVG_FAULT_NONE, CVG_EXEC_REASON_TIMED_OUT, outcome->text);
        return;
    case CVG_FAULT_TOO_LARGE:
        cvg_exec_unknown(ret, CVG_FAULT_TOO_LARGE,
                         outcome->out_length >= limit || outcome->err_length >= limit
                             ? CVG_EXEC_REASON_OUTPUT_TOO_LARGE
                             : CVG_EXEC_REASON_TOO_MANY_PROCESSES,
                         outcome->text);
        return;
    default:
        cvg_exec_unknown(ret, CVG_FAULT_REQUEST, CVG_EXEC_REASON_NOT_EXECUTABLE, outcome->text);
        return;
    }
    if (outcome->exit_code < 0) {
        const char *name = sigabbrev_np(outcome->signal);
        (void)snprintf(text, sizeof(text), "it was killed by signal %d%s%s%s", (int)outcome->signal,
                       name == NULL ? "" : " (SIG", name == NULL ? "" : name,
                       name == NULL ? "" : ")");
        cvg_exec_unknown(ret, CVG_FAULT_NONE, CVG_EXEC_REASON_KILLED, text);
        return;
    }
    judge_end(config, outcome, ret);
}
