/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Health for whoever runs the daemon, as Kubernetes asks for it. /livez: the process answers;
 * nothing else may make it fail, or an outage elsewhere would restart the gate. /readyz and its
 * alias /healthz: configuration, listener and deciding thread; evidence is not their business, and
 * a store that is unavailable is told and fails nothing.
 */
#ifndef CVG_SERVER_HEALTH_H
#define CVG_SERVER_HEALTH_H

#include "server/request.h"

enum MHD_Result cvg_health_livez(struct cvg_request *request);
enum MHD_Result cvg_health_readyz(struct cvg_request *request);

#endif
