/* SPDX-License-Identifier: Apache-2.0 */
/* What a certificate says of itself, as texts of bounded length: see exam.h. Any thread. */
#ifndef CVG_TLS_EXAM_FACTS_H
#define CVG_TLS_EXAM_FACTS_H

#include "exam.h"

/* "CN=shop.example.com,O=Shop", the most specific part first; printable. */
void cvg_tls_name_text(const X509_NAME *name, char ret[CVG_TLS_NAME_TEXT]);
/* 2026-01-01T10:05:00Z; "" where it is no time. */
void cvg_tls_time_text(const ASN1_TIME *time, char ret[24]);
/* Since 1970; INT64_MIN where it is no time: long ago. */
int64_t cvg_tls_time_seconds(const ASN1_TIME *time);
/* All that is told of the leaf. */
void cvg_tls_exam_facts(struct cvg_tls_exam *exam, X509 *leaf);

#endif
