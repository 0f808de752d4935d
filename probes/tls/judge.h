/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a handshake and an exam of its chain come to, against what a check wants. Pure; any thread.
 */
#ifndef CVG_TLS_JUDGE_H
#define CVG_TLS_JUDGE_H

#include "config.h"
#include "exam.h"
#include "kit/finding.h"

/* Of the connection. */
struct cvg_tls_link {
    const char *address, *protocol, *cipher;
    const char *alpn; /* what the server chose; "": nothing */
    int32_t version;  /* TLS1_2_VERSION */
    int64_t connect_ms, handshake_ms;
};

/* Into an empty finding. */
void cvg_tls_judge(const struct cvg_tls_check_config *config, const struct cvg_tls_link *link,
                   const struct cvg_tls_exam *exam, struct cvg_kit_finding *finding);

#endif
