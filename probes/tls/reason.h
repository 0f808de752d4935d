/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes of this module, each with what it means and what to do; besides them those of a
 * connection that does not come about (kit/reach.h). A code that was released is never renamed.
 * Constant data; any thread.
 */
#ifndef CVG_TLS_REASON_H
#define CVG_TLS_REASON_H

/* X(constant, code, meaning, action) */
#define CVG_TLS_REASONS(X)                                                                         \
    X(GOOD, "CertificateGood", "The certificate, its chain and the connection are in order.",      \
      "Nothing.")                                                                                  \
    X(EXPIRES_SOON, "ExpiresSoon", "A certificate of the chain expires within min_days.",          \
      "Renew it, or look why what renews it by itself does not.")                                  \
    X(EXPIRED, "Expired", "A certificate of the chain has expired.",                               \
      "Renew the certificate that the message names.")                                             \
    X(NOT_YET_VALID, "NotYetValid", "A certificate of the chain is not valid yet.",                \
      "Wait for its time, or look at the clocks of this machine and of who issued it.")            \
    X(NAME_MISMATCH, "NameMismatch",                                                               \
      "The certificate is not good for a name that the check wants.",                              \
      "Look whether the right certificate is served for this name; its names are in the facts.")   \
    X(SELF_SIGNED, "SelfSigned",                                                                   \
      "The certificate is signed by itself, as those are that stand in until a real one is "       \
      "there.",                                                                                    \
      "Look why the real one was not issued, or name it in the source's `ca` where it is meant.")  \
    X(CHAIN_INCOMPLETE, "ChainIncomplete",                                                         \
      "Nobody who is trusted issued the certificate, and the server sends nothing that leads to "  \
      "one who is.",                                                                               \
      "Let the server send its intermediate certificates too; for a private root set `ca`.")       \
    X(UNTRUSTED_ROOT, "UntrustedRoot", "The chain leads to somebody who is not trusted.",          \
      "Look who issued it, in the message; for a private root set the source's `ca`.")             \
    X(WEAK_CERTIFICATE, "WeakCertificate",                                                         \
      "A key of the chain is too short, or a signature too weak, for today's clients.",            \
      "Have the certificate that the message names issued anew, with 2048 bits and SHA-256.")      \
    X(WRONG_PURPOSE, "WrongPurpose",                                                               \
      "A certificate of the chain may not be used for this: as a server's, or to issue others.",   \
      "Have it issued for servers (extended key usage serverAuth).")                               \
    X(CERTIFICATE_INVALID, "CertificateInvalid", "The chain cannot be verified.",                  \
      "Look at the message: it has the words of OpenSSL.")                                         \
    X(WEAK_PROTOCOL, "WeakProtocol",                                                               \
      "The newest protocol of the server is older than "                                           \
      "min_protocol.",                                                                             \
      "Let the server speak a newer one, or set min_protocol.")                                    \
    X(ALPN_NOT_AGREED, "AlpnNotAgreed", "The server chose none of the protocols in `alpn`.",       \
      "Look whether the server speaks them, and what stands before it.")                           \
    X(CERTIFICATE_DIFFERS, "CertificateDiffers",                                                   \
      "Another certificate is served than the one that `fingerprint` or `issuer` asks for.",       \
      "Wait until it is rolled out; else look at the server's configuration.")                     \
    X(HANDSHAKE_FAILED, "HandshakeFailed", "Both sides speak TLS and did not come to terms.",      \
      "Look at the message: it has the server's alert, or the words of OpenSSL.")                  \
    X(NOT_TLS, "NotTls", "What answers there does not speak TLS.",                                 \
      "Look at the port, and at what stands before the server; `starttls` is for those that "      \
      "begin without.")                                                                            \
    X(STARTTLS_REFUSED, "StartTlsRefused", "The server does not offer TLS, or refuses it.",        \
      "Look at the server's configuration; the message has its words.")                            \
    X(SERVER_NOT_READY, "ServerNotReady", "The server asks to come back later.",                   \
      "Wait; the message has its words.")                                                          \
    X(PROTOCOL_VIOLATED, "ProtocolViolated",                                                       \
      "What comes before TLS is not what the protocol of `starttls` promises.",                    \
      "Look whether it is this protocol that is spoken on the port.")                              \
    X(CA_UNREADABLE, "CaUnreadable",                                                               \
      "The certificates that chains must end in cannot be read, so no chain can be judged.",       \
      "Look at the source's `ca`, or install the system's (ca-certificates).")                     \
    X(WORDS_INVALID, "ConditionInvalid",                                                           \
      "A key is not valid once facts of other checks were filled in.",                             \
      "Look at the facts that the check's keys refer to.")

enum cvg_tls_reason {
#define CVG_TLS_REASON_CONSTANT(constant, code, meaning, action) CVG_TLS_REASON_##constant,
    CVG_TLS_REASONS(CVG_TLS_REASON_CONSTANT)
#undef CVG_TLS_REASON_CONSTANT
    CVG_TLS_REASON_COUNT
};

/* Its text, which lives for ever: the same pointer each time. */
const char *cvg_tls_reason(enum cvg_tls_reason reason);

#endif
