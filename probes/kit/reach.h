/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reaching a host that a check is about. What stands in the way is then an answer and no fault of a
 * source that other checks share: a port that refuses is not there yet, a name that does not exist is
 * not there yet, silence is unknown. The codes are the same in every module that connects by itself.
 *
 * The host says in words why a connection did not come about (host->connect, host->resolve); here is
 * the only place that reads them. Pure but for the socket; any thread.
 */
#ifndef CVG_KIT_REACH_H
#define CVG_KIT_REACH_H

#include "kit/finding.h"

/* X(constant, code, meaning, action) */
#define CVG_KIT_REACH_REASONS(X)                                                                   \
    X(REFUSED, "ConnectionRefused", "The host answers, and nothing listens on the port.",          \
      "Wait until the service has started; else look at its port and at the firewall.")            \
    X(RESET, "ConnectionReset", "The connection came about and was cut by the other side.",        \
      "Look at the service, or at the load balancer before it: it has nobody to pass this to.")    \
    X(CLOSED, "ConnectionClosed", "The other side hung up before it said what was awaited.",       \
      "Look at the service, and whether it is what listens on this port.")                         \
    X(NAME_NOT_FOUND, "NameNotFound", "The name does not exist, or has no address.",               \
      "Wait until the record is published; else look at the name.")                                \
    X(NAME_SERVER_FAILED, "NameServerFailed",                                                      \
      "The name servers do not answer, or with an error, so nobody knows the address.",            \
      "Look at the name servers: those in /etc/resolv.conf, or in the key `names`.")               \
    X(UNREACHABLE, "Unreachable",                                                                  \
      "There is no way to the address: a router or this machine says "                             \
      "so.",                                                                                       \
      "Look at routes and firewalls between this machine and the address.")                        \
    X(TIMED_OUT, "TimedOut", "Nothing was heard in time.",                                         \
      "Look whether a firewall drops packets, or the service hangs; raise the check's timeout "    \
      "where it is only slow.")                                                                    \
    X(GUARDED, "AddressRefused",                                                                   \
      "The address is link-local or one of a cloud's metadata service, so it is not asked.",       \
      "Look where the host's name leads to; set the source's allow_link_local where that is "      \
      "meant.")                                                                                    \
    X(NOT_A_HOST, "HostInvalid", "The host is neither a name nor an address.",                     \
      "Look at the check's host, or at the fact that it refers to.")                               \
    X(FAILED, "ConnectFailed", "No connection, for a reason of this machine's.",                   \
      "Look at the message: it has the system's own words.")

enum cvg_kit_reach {
#define CVG_KIT_REACH_CONSTANT(constant, code, meaning, action) CVG_KIT_REACH_##constant,
    CVG_KIT_REACH_REASONS(CVG_KIT_REACH_CONSTANT)
#undef CVG_KIT_REACH_CONSTANT
    CVG_KIT_REACH_COUNT
};

#define CVG_KIT_ADDRESS_TEXT 64

/* NULL: it is a host name or an address; else what is wrong with it. */
const char *cvg_kit_host_check(const char *host);
int cvg_kit_host_is_address(const char *host);

/* What the host's fault and words mean; fault is not CVG_FAULT_NONE. */
enum cvg_kit_reach cvg_kit_reach_read(uint32_t fault, const char *text);
/* The same of an error number of a socket. */
enum cvg_kit_reach cvg_kit_reach_errno(int number);
/* Its code, which lives for ever: the same pointer each time. */
const char *cvg_kit_reach_code(enum cvg_kit_reach reach);
/* Status, code, fault, and text as the message, made printable. */
void cvg_kit_reach_say(struct cvg_kit_finding *finding, enum cvg_kit_reach reach, const char *text);

/* How long to wait for the other side, at least 1 ms: somewhat less than until the deadline, at which
 * the host would take silence for a fault of the source. */
int64_t cvg_kit_reach_patience(int64_t now_ns, int64_t deadline_ns);
/* The address that the descriptor is connected to; "" where it is not. */
void cvg_kit_reach_peer(int fd, char ret[CVG_KIT_ADDRESS_TEXT]);

#endif
