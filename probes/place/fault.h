/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a place could not be looked at: the reason codes of all places, each with what it means and
 * what to do, and how an HTTP answer that is no document comes to one of them. Words of an answer's
 * body are never shown: a server may echo what it keeps. Pure; any thread.
 */
#ifndef CVG_PLACE_FAULT_H
#define CVG_PLACE_FAULT_H

#include "place/place.h"

/* X(constant, code, meaning, action). Modules put the rows into their own table of reasons. */
#define CVG_PLACE_REASONS(X)                                                                       \
    X(NOT_A_FILE, "NotAFile", "The path leads to a folder, a pipe or a device.",                   \
      "Name the file itself.")                                                                     \
    X(READ_FAILED, "ReadFailed", "The file system could not hand out the file.",                   \
      "Look at the file system; the message has its words.")                                       \
    X(ERRORED_STATE, "ErroredState",                                                               \
      "An errored.tfstate that is newer than the state stands beside it: an apply could not save " \
      "what it did.",                                                                              \
      "Push it (terraform state push errored.tfstate), or delete it where it is known to be old.") \
    X(UNAUTHORIZED, "Unauthorized", "The credentials are missing, unreadable or wrong.",           \
      "Look at the source's bearer, basic or tls keys.")                                           \
    X(FORBIDDEN, "Forbidden", "The credentials are right but may not read this.",                  \
      "Give whom the daemon runs as, or the credentials, the right to read it.")                   \
    X(REDIRECTED, "Redirected", "The source answered with a redirect, which is not followed.",     \
      "Put the address that really answers into the source's url.")                                \
    X(BAD_ANSWER, "BadAnswer", "The answer is not what the place promises.",                       \
      "Look whether url leads to the document and not to a page or a proxy.")                      \
    X(BUCKET_MISSING, "BucketMissing", "The bucket, container or table is not there.",             \
      "Look at the source's bucket, container or dynamodb_table, and at its url.")                 \
    X(WRONG_REGION, "WrongRegion",                                                                 \
      "The bucket is in another region than requests are signed for.",                             \
      "Put the region that the message names into the source's sigv4.region and url.")             \
    X(TOO_LARGE, "TooLarge", "The document has more bytes than are allowed.",                      \
      "Raise the source's limit (and max_body, where it is set), or split the document.")          \
    X(TIMED_OUT, "TimedOut", "No answer came in time.",                                            \
      "Look whether the source is slow or cut off.")                                               \
    X(CONNECT_FAILED, "ConnectFailed", "No connection, or it was cut.",                            \
      "Look whether the source runs and can be reached.")                                          \
    X(TLS_FAILED, "TlsFailed", "The TLS handshake or the certificate was refused.",                \
      "Look at the source's certificate and its tls keys.")                                        \
    X(NOT_ASKED, "NotAsked", "The request could not be made.",                                     \
      "Look at the source's url; the message says what was refused.")                              \
    X(THROTTLED, "Throttled", "The source asked to come back later.", "Ask less often.")           \
    X(SOURCE_STARTING, "SourceStarting", "The source is not ready to answer.",                     \
      "Wait; where it stays, look whether something stands behind its proxy.")                     \
    X(SOURCE_ERROR, "SourceError", "The source or a proxy before it answered with an error.",      \
      "Look at the source's log.")

#define CVG_PLACE_REASON_DEFINE(constant, code, meaning, action)                                   \
    static const char CVG_PLACE_##constant[] __attribute__((unused)) = code;
CVG_PLACE_REASONS(CVG_PLACE_REASON_DEFINE)
#undef CVG_PLACE_REASON_DEFINE

/* Drops what the sight has of a document. reason: one of the constants above, or of the kind's own. */
void cvg_place_refuse(struct cvg_place_sight *sight, uint32_t fault, const char *reason,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));
/* For each answer that brought no document: a fault of the transfer, or a status that is none of
 * those that the kind reads itself. */
void cvg_place_refuse_response(struct cvg_place_sight *sight,
                               const struct cvg_http_response *response);

#endif
