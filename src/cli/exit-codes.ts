/** What the exit codes of all commands mean. */
export const exitCodes = {
  ok: 0,
  /** The answer is no, or the work failed. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
