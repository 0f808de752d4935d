/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP client: libcurl multi on the loop. The request's path is joined to the URL of the
 * scope's lane; without a lane it must be an absolute URL. Names are looked up by src/io/name.h
 * before libcurl sees the request, and every address that is connected to passes the guard.
 */
#ifndef CVG_IO_HTTP_H
#define CVG_IO_HTTP_H

#include "io/scope.h"

struct cvg_op *cvg_http_start(struct cvg_scope *scope, const struct cvg_http_request *request);
void cvg_http_pause(struct cvg_op *op);
void cvg_http_resume(struct cvg_op *op);
void cvg_http_sever(struct cvg_op *op);

#endif
