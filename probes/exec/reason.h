/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reason codes of this module, each with what it means and what to do. The table is the only
 * place that knows them. A code that was released is never renamed. Constant data; any thread.
 */
#ifndef CVG_EXEC_REASON_H
#define CVG_EXEC_REASON_H

/* X(constant, code, meaning, action) */
#define CVG_EXEC_REASONS(X)                                                                        \
    X(SUCCEEDED, "Succeeded", "The program says that it is ready.", "Nothing.")                    \
    X(NOT_YET, "NotYet", "The program says that it is on its way.", "Wait.")                       \
    X(WARNED, "Warned", "The program warns: it works, but not as it should.",                      \
      "Look at the program's message.")                                                            \
    X(NOT_OK, "NotOk", "The program says that it failed.",                                         \
      "Look at the program's message; the check heals by itself when the program is content.")     \
    X(CANNOT_TELL, "CannotTell", "The program says that it cannot tell.",                          \
      "Look at the program's message, and run it by hand as the daemon's user.")                   \
    X(EXIT_UNEXPECTED, "ExitUnexpected",                                                           \
      "The program ended with a code that neither `codes` nor `exit_codes` gives a meaning.",      \
      "Look at its message, and give the code a meaning in `codes`.")                              \
    X(KILLED, "Killed", "A signal ended the program: it says nothing about readiness.",            \
      "Look at the signal: a limit of memory or processor time, a crash, or somebody's kill.")     \
    X(TIMED_OUT, "TimedOut", "The program did not end in time and was killed with all it made.",   \
      "Look at what it waits for, or raise timeout.")                                              \
    X(CROWDED, "Crowded", "Other programs of the source ran until its time was up.",               \
      "Raise the source's concurrency or the checks' interval, or give them sources of their "     \
      "own.")                                                                                      \
    X(NOT_EXECUTABLE, "NotExecutable", "The program could not be started.",                        \
      "Look at its path and rights, and at its directory; the message says what failed.")          \
    X(OUTPUT_TOO_LARGE, "OutputTooLarge",                                                          \
      "The program wrote more than output_limit, and was "                                         \
      "killed with all it made.",                                                                  \
      "Make it write less, or raise output_limit.")                                                \
    X(TOO_MANY_PROCESSES, "TooManyProcesses",                                                      \
      "The program had more processes than max_processes, and was killed with all it made.",       \
      "Look at what it starts, or raise max_processes.")                                           \
    X(OUTPUT_INVALID, "OutputInvalid", "What the program wrote is not what `output` says it is.",  \
      "Look at the message for what is wrong with it.")                                            \
    X(SECRET_UNREADABLE, "SecretUnreadable", "A secret of the check could not be read.",           \
      "Look at the reference and the rights of the file; the message names the variable.")         \
    X(CONDITION_INVALID, "ConditionInvalid",                                                       \
      "A key is not valid once facts of other checks were filled in.",                             \
      "Look at the facts that the check's keys refer to.")

enum cvg_exec_reason {
#define CVG_EXEC_REASON_CONSTANT(constant, code, meaning, action) CVG_EXEC_REASON_##constant,
    CVG_EXEC_REASONS(CVG_EXEC_REASON_CONSTANT)
#undef CVG_EXEC_REASON_CONSTANT
};

/* Its text, which lives for ever: the same pointer each time. */
const char *cvg_exec_reason(enum cvg_exec_reason reason);

#endif
