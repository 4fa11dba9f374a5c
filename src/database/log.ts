/** Where this room says what it does; a pino logger fits. Facts are names and numbers, never a password. */
export interface DatabaseLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
