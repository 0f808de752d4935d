/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded answers of tests/fixtures/prometheus as the host hands them to a module, and checks to
 * judge them with. */
#ifndef CVG_TEST_FIXTURE_H
#define CVG_TEST_FIXTURE_H

#include "flavour.h"
#include "judge.h"

#include <convergate/module.h>

struct fixture {
    char *memory;                      /* owned: headers, then the body */
    struct cvg_http_response response; /* points into memory */
    char content_type[128];
};

/* Reads NAME.response, undoes the chunks. Fails the test where there is none. */
void fixture_load(const char *name, struct fixture *ret);
void fixture_done(struct fixture *fixture);
/* Refuses or decodes, as the module does. */
void fixture_read(const struct fixture *fixture, enum cvg_prom_api api, uint32_t flavour,
                  struct cvg_prom_answer *answer);
/* As an answer to a query of a Prometheus. */
void fixture_answer(const struct fixture *fixture, struct cvg_prom_answer *answer);

/* A check that has nothing but a query and `ready`. */
struct cvg_prom_check_config check_config(const char *ready);
/* Plans and judges; the plan must be possible. */
void check_judge(const struct cvg_prom_check_config *config, const struct cvg_prom_answer *answer,
                 struct cvg_prom_finding *ret);

#endif
