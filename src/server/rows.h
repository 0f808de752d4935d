/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the store for a request. That blocks its HTTP thread for the disk, and verdicts come from
 * the same threads: so only context.readers requests read at one time, which leaves a thread
 * wherever there are two, and others are told to come back. HTTP threads.
 */
#ifndef CVG_SERVER_ROWS_H
#define CVG_SERVER_ROWS_H

#include "server/request.h"
#include "store/store.h"

/* The store. NULL: there is none, and the request was answered with 404 NoStore; *ret_answer is
 * what its handler returns. */
struct cvg_store *cvg_rows_store(struct cvg_request *request, enum MHD_Result *ret_answer);

/* A page in the request's arena. false: the request was answered, because there is no store, or it
 * cannot be read now, or too many read it. */
bool cvg_rows_records(struct cvg_request *request, const struct cvg_record_query *query,
                      struct cvg_record_page *ret, enum MHD_Result *ret_answer);
bool cvg_rows_changes(struct cvg_request *request, const struct cvg_change_query *query,
                      struct cvg_change_page *ret, enum MHD_Result *ret_answer);

#endif
