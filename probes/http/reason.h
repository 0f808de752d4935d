/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes of this module, each with what it means and what to do. The table is the only
 * place that knows them. A code that was released is never renamed. Constant data; any thread.
 */
#ifndef CVG_HTTP_REASON_H
#define CVG_HTTP_REASON_H

/* X(constant, code, meaning, action) */
#define CVG_HTTP_REASONS(X)                                                                        \
    X(ANSWERED, "Answered", "The answer is what the check expects.", "Nothing.")                   \
    X(SLOW, "Slow", "The answer is what the check expects, but took longer than `max_response`.",  \
      "Look at what answers, or raise `max_response`.")                                            \
    X(STATUS_UNEXPECTED, "StatusUnexpected", "The answer's status is none of those in `status`.",  \
      "Look at what answers; `on_status` says what which status means.")                           \
    X(REDIRECTED, "Redirected", "The answer is a redirect that is not followed.",                  \
      "Write the address that it leads to, or set `redirects` where it stays at the same origin.") \
    X(BODY_UNEXPECTED, "BodyUnexpected",                                                           \
      "The body lacks what it has to contain, or has what it must not.",                           \
      "Look at what answers, or at `body_contains`, `body_lacks` and `body_matches`.")             \
    X(CONDITION_NOT_MET, "ConditionNotMet", "A value of the answer is not what it has to be.",     \
      "The message names the value and what was wanted of it.")                                    \
    X(VALUE_MISSING, "ValueMissing", "A value that the check looks at is not in the answer.",      \
      "Wait where it comes later; else look at the pointer.")                                      \
    X(NOT_JSON, "NotJson", "The body should be JSON and is not, or is cut off or ambiguous.",      \
      "Look whether the address leads to the API; the message says where reading ended.")          \
    X(HTML_PAGE, "HtmlPage", "A page for people came where JSON was asked for.",                   \
      "It is often a login page: look at the credentials, or at what stands before the API.")      \
    X(UNAUTHORIZED, "Unauthorized", "The credentials are missing, unreadable or wrong.",           \
      "Look at the source's `bearer`, `basic`, `sigv4`, `secret_headers` or `tls`.")               \
    X(FORBIDDEN, "Forbidden", "The credentials are right but may not see this.",                   \
      "Give them the right to read it.")                                                           \
    X(THROTTLED, "Throttled", "It asks to come back later.",                                       \
      "Ask less often: a longer `interval`.")                                                      \
    X(CONNECTION_REFUSED, "ConnectionRefused", "Nothing listens there.",                           \
      "Wait until it is started; else look at the port and at firewalls.")                         \
    X(NAME_NOT_FOUND, "NameNotFound", "The name does not resolve: there is no such name.",         \
      "Wait until it is published; else look at the name.")                                        \
    X(NAME_SERVER_FAILED, "NameServerFailed",                                                      \
      "The name servers could not say whether there is the name.", "Look at the name servers.")    \
    X(CONNECTION_RESET, "ConnectionReset", "The other side cut the connection.",                   \
      "Look at the service, or at the load balancer before it: it has nobody to pass this to.")    \
    X(CONNECTION_CLOSED, "ConnectionClosed", "The other side hung up without an answer.",          \
      "Look at the service, and whether it is what listens on this port.")                         \
    X(UNREACHABLE, "Unreachable", "There is no way to the address.",                               \
      "Look at routes and firewalls between this machine and the address.")                        \
    X(CONNECT_FAILED, "ConnectFailed",                                                             \
      "No connection, for a reason of this machine's or a proxy's.",                               \
      "Look at the message: it has the system's own words.")                                       \
    X(ADDRESS_REFUSED, "AddressRefused",                                                           \
      "The name leads to a link-local or metadata address, which is not connected to.",            \
      "Look who publishes such a name; `allow_link_local` of the source allows it.")               \
    X(TIMED_OUT, "TimedOut", "No whole answer came in time.",                                      \
      "Look whether it is slow or cut off; a longer `timeout` waits longer.")                      \
    X(TLS_FAILED, "TlsFailed", "The TLS handshake failed, or the certificate is not trusted.",     \
      "Look at the certificate (a `tls` check says what is wrong) and at the source's `tls`.")     \
    X(TOO_LARGE, "TooLarge", "The answer has more bytes than are allowed.",                        \
      "Raise `max_body` of the check (and of the source), or ask for less.")                       \
    X(BAD_ANSWER, "BadAnswer", "What came is not a whole answer of HTTP.",                         \
      "Look at what listens there; the message says what is wrong.")                               \
    X(NOT_ASKED, "NotAsked", "The request could not be made.",                                     \
      "Look at the url and headers; the message says what was refused.")                           \
    X(CONDITION_INVALID, "ConditionInvalid",                                                       \
      "A key is not valid once facts of other checks were filled in.",                             \
      "Look at the facts that the check's keys refer to.")                                         \
    X(IMAGE_PRESENT, "ImagePresent", "The registry has the image.", "Nothing.")                    \
    X(IMAGE_MISSING, "ImageMissing", "The registry has no such tag or digest.",                    \
      "Wait until it is pushed; else look at the image's name.")                                   \
    X(NOT_A_REGISTRY, "NotARegistry", "The answer is none of a registry of images.",               \
      "Look at the registry's name, and at what stands before it.")                                \
    X(TOKEN_REFUSED, "TokenRefused", "The registry's token service gave no token.",                \
      "Look at the source's `basic` or `token_service`; the message says what it answered.")

enum cvg_http_reason {
#define CVG_HTTP_REASON_CONSTANT(constant, code, meaning, action) CVG_HTTP_REASON_##constant,
    CVG_HTTP_REASONS(CVG_HTTP_REASON_CONSTANT)
#undef CVG_HTTP_REASON_CONSTANT
};

/* Its text, which lives for ever: the same pointer each time. */
const char *cvg_http_reason(enum cvg_http_reason reason);

#endif
