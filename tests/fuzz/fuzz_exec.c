/* SPDX-License-Identifier: Apache-2.0 */
/* links: cvg_probe_exec */
/*
 * Any bytes as what a program wrote, in every format and with several exit codes. Whatever they are:
 * only exit code 0 is ready, numbers are numbers, and nothing of a secret in them is left.
 */
#include "fuzz.h"

#include "codes.h"
#include "mask.h"
#include "outcome.h"

#include <convergate/number.h>

#include <stdlib.h>
#include <string.h>

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

static void check_finding(const struct cvg_kit_finding *finding, int32_t code)
{
    check(finding->reading.reason != NULL && finding->reading.message != NULL);
    check(finding->reading.status != CVG_READY || code == 0);
    check(finding->reading.fact_count <= CVG_KIT_FACTS);
    for (size_t i = 0; i < finding->reading.fact_count; i++) {
        double value = 0;
        const struct cvg_fact *fact = &finding->facts[i];
        check(fact->name[0] != '\0' && fact->text[0] != '\0');
        if (fact->kind == CVG_FACT_NUMBER && strlen(fact->text) < CVG_NUMBER_TEXT) {
            check(cvg_parse_double(fact->text, strlen(fact->text), &value) == 0 ||
                  strpbrk(fact->text, "eE") != NULL || strlen(fact->text) > 17);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int32_t codes[] = {0, 1, 3, 75};
    static const char *const argv[] = {"/bin/true"};
    static const char secret[] = "hunter2";
    char *text = malloc(size + 1);
    check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    cvg_exec_mask(text, size, secret);
    check(memmem(text, size, secret, strlen(secret)) == NULL);
    for (uint32_t output = 0; output <= CVG_EXEC_OUTPUT_JSON; output++) {
        for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
            const struct cvg_exec_check_config config = {.argv = {1, argv},
                                                         .directory = "/",
                                                         .exit_codes = (uint32_t)i % 2,
                                                         .output = output,
                                                         .output_limit = INT64_MAX};
            const struct cvg_exec_outcome outcome = {.text = "",
                                                     .exit_code = codes[i],
                                                     .out = text,
                                                     .out_length = size,
                                                     .err = "",
                                                     .took_ns = 1};
            struct cvg_kit_finding finding;
            cvg_exec_judge(&config, &outcome, &finding);
            check_finding(&finding, codes[i]);
            cvg_exec_mask_finding(&finding, secret);
            check(memmem(finding.room, finding.used, secret, strlen(secret)) == NULL);
            check_finding(&finding, codes[i]);
        }
    }
    free(text);
    return 0;
}
