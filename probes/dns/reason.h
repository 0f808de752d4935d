/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes of this module, each with what it means and what to do. The table is the only
 * place that knows them. A code that was released is never renamed. Constant data; any thread.
 */
#ifndef CVG_DNS_REASON_H
#define CVG_DNS_REASON_H

/* X(constant, code, meaning, action); in the order of the docs: as wanted, not yet, cannot tell. */
#define CVG_DNS_REASONS(X)                                                                         \
    X(RESOLVED, "Resolved",                                                                        \
      "The records are as the check wants them, on as many servers as it "                         \
      "asks for.",                                                                                 \
      "Nothing.")                                                                                  \
    X(GONE, "Gone", "There are no such records, as `count: 0` wants.", "Nothing.")                 \
    X(NAME_NOT_FOUND, "NameNotFound", "The server says that the name does not exist (NXDOMAIN).",  \
      "Wait until it is made known; where it was, look at the name and at its zone.")              \
    X(NO_RECORDS, "NoRecords", "The name exists, but has no record of this type.",                 \
      "Wait for the record, or look at `type`.")                                                   \
    X(RECORDS_DIFFER, "RecordsDiffer",                                                             \
      "There are records, and they are not those that `expect` "                                   \
      "or `contains` wants.",                                                                      \
      "Wait for the change; caches keep the old records for as long as their TTL says.")           \
    X(COUNT_DIFFERS, "CountDiffers",                                                               \
      "There are more or fewer records than `count` or `at_least` "                                \
      "says.",                                                                                     \
      "Wait for the change, or mend the number.")                                                  \
    X(SERVERS_DISAGREE, "ServersDisagree", "Each server answers, but not all the same.",           \
      "Wait until the change has come to all; the message says who says what.")                    \
    X(SERIAL_TOO_LOW, "SerialTooLow", "The zone's serial has not come to `serial`.",               \
      "Wait for the zone's transfer.")                                                             \
    X(TTL_OUT_OF_RANGE, "TtlOutOfRange", "The TTL is below `min_ttl` or above `max_ttl`.",         \
      "Wait, or mend the zone; a cache counts the TTL down, so ask the zone's own servers.")       \
    X(NOT_AUTHENTICATED, "NotAuthenticated",                                                       \
      "The server did not say that it verified the answer "                                        \
      "by DNSSEC (AD bit).",                                                                       \
      "Ask a server that validates, and look whether the zone is signed.")                         \
    X(SERVER_FAILED, "ServerFailed",                                                               \
      "A server answered that it could not answer (SERVFAIL or "                                   \
      "another error).",                                                                           \
      "Look at the server and at those that it asks; DNSSEC that is broken looks so too.")         \
    X(SERVER_REFUSED, "ServerRefused",                                                             \
      "A server does not answer this question to us (REFUSED), "                                   \
      "or only says who else to ask.",                                                             \
      "Look at the server's access list, and whether it has the zone.")                            \
    X(SERVER_UNREACHABLE, "ServerUnreachable",                                                     \
      "No name server listens at the address, or it may "                                          \
      "not be asked.",                                                                             \
      "Look at `servers`; link-local addresses need `allow_link_local`.")                          \
    X(TIMED_OUT, "TimedOut", "A server did not answer before the check's timeout.",                \
      "Look whether the server runs, and at firewalls: port 53 of UDP and TCP.")                   \
    X(BAD_ANSWER, "BadAnswer", "A server's answer makes no sense.",                                \
      "Look whether a name server listens there; the message has what is wrong.")                  \
    X(TOO_LARGE, "TooLarge", "The answer has more or longer records than are taken.",              \
      "Ask for a name with fewer records.")                                                        \
    X(CONDITION_INVALID, "ConditionInvalid",                                                       \
      "With the facts of other checks filled in, a key is not what it must be.",                   \
      "Look at the facts that the key refers to; the message names the key.")

enum cvg_dns_reason {
#define CVG_DNS_REASON_ENUM(constant, code, meaning, action) CVG_DNS_REASON_##constant,
    CVG_DNS_REASONS(CVG_DNS_REASON_ENUM)
#undef CVG_DNS_REASON_ENUM
    CVG_DNS_REASON_COUNT
};

/* Its text, which lives for ever. */
const char *cvg_dns_reason(enum cvg_dns_reason reason);

#endif
