/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of convergate: each prints and returns its exit code. */
#ifndef CVG_CLIENT_CLIENT_H
#define CVG_CLIENT_CLIENT_H

#include "client/options.h"
#include "io/loop.h"

struct cvg_registry;

int cvg_client_check(struct cvg_loop *loop, const struct cvg_client_options *options);
int cvg_client_status(struct cvg_loop *loop, const struct cvg_client_options *options);
int cvg_client_explain(struct cvg_loop *loop, const struct cvg_client_options *options);
int cvg_client_accept(struct cvg_loop *loop, const struct cvg_client_options *options);
int cvg_client_history(struct cvg_loop *loop, const struct cvg_client_options *options);
int cvg_client_decisions(struct cvg_loop *loop, const struct cvg_client_options *options);
int cvg_client_audit_head(struct cvg_loop *loop, const struct cvg_client_options *options);
int cvg_client_token(const struct cvg_client_options *options);
int cvg_client_reload(struct cvg_loop *loop, const struct cvg_client_options *options);
/* Makes a loop of its own, with the configuration's name servers. */
int cvg_client_probe(const struct cvg_client_options *options);
/* Reads a cluster, and writes a configuration. Makes a loop of its own. */
int cvg_client_init(const struct cvg_client_options *options);
/* On a store's file; these ask no daemon. */
int cvg_client_audit_verify(const struct cvg_client_options *options);
int cvg_client_audit_export(const struct cvg_client_options *options);
int cvg_client_audit_seal(const struct cvg_client_options *options);
int cvg_client_store_backup(const struct cvg_client_options *options);
int cvg_client_store_restore(const struct cvg_client_options *options);

/* The modules of the folder, or of the default one; NULL. -1: it was told why not. */
int cvg_client_open_registry(const char *directory, struct cvg_registry **ret);
/* "convergate: TEXT" on stderr. */
void cvg_client_complain(const struct cvg_error *error);

#endif
