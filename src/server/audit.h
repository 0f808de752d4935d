/* SPDX-License-Identifier: Apache-2.0 */
/* /v1/audit/head: the signed end of the audit chain, to be noted elsewhere. It comes from memory. */
#ifndef CVG_SERVER_AUDIT_H
#define CVG_SERVER_AUDIT_H

#include "server/request.h"

enum MHD_Result cvg_audit_answer(struct cvg_request *request);

#endif
