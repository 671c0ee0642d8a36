/** Where the edge tells of starts, stops and trouble: the part of pino that it uses. */
export interface Logger {
  info(about: object, message: string): void
  warn(about: object, message: string): void
  error(about: object, message: string): void
}
