/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes of this module, each with what it means and what to do; besides them those of a
 * connection that does not come about (kit/reach.h). A code that was released is never renamed.
 * Constant data; any thread.
 */
#ifndef CVG_TCP_REASON_H
#define CVG_TCP_REASON_H

/* X(constant, code, meaning, action) */
#define CVG_TCP_REASONS(X)                                                                         \
    X(OPEN, "PortOpen",                                                                            \
      "The port accepts connections; failed where expect_closed says that it must not.",           \
      "Nothing; with expect_closed, look who listens and who may reach it.")                       \
    X(CLOSED, "PortClosed", "The port refuses connections, as expect_closed asks.", "Nothing.")    \
    X(BANNER_MATCHED, "BannerMatched", "The service said what `expect` asks.", "Nothing.")         \
    X(BANNER_DIFFERS, "BannerDiffers", "The service said something else than `expect` asks.",      \
      "Look whether it is still starting, and whether it is what listens on this port.")           \
    X(WORDS_INVALID, "ConditionInvalid",                                                           \
      "A key is not valid once facts of other checks were filled in.",                             \
      "Look at the facts that the check's keys refer to.")

enum cvg_tcp_reason {
#define CVG_TCP_REASON_CONSTANT(constant, code, meaning, action) CVG_TCP_REASON_##constant,
    CVG_TCP_REASONS(CVG_TCP_REASON_CONSTANT)
#undef CVG_TCP_REASON_CONSTANT
    CVG_TCP_REASON_COUNT
};

/* Its text, which lives for ever: the same pointer each time. */
const char *cvg_tcp_reason(enum cvg_tcp_reason reason);

#endif
