/* SPDX-License-Identifier: Apache-2.0 */
/* The description of this API (OpenAPI) and of its documents (JSON Schema), as they stand in docs/
 * and are built into the program. They change with the version only, and carry an ETag. */
#ifndef CVG_SERVER_DOCUMENTS_H
#define CVG_SERVER_DOCUMENTS_H

#include "server/request.h"

/* By the request's path, which is one of /v1/openapi.yaml and /v1/schemas/NAME.json. */
enum MHD_Result cvg_documents_answer(struct cvg_request *request);

#endif
