/** Raw SQL, over Prisma's client or one of its open transactions. */
export interface Query {
  $queryRawUnsafe<T>(sql: string, ...values: unknown[]): Promise<T>;
  $executeRawUnsafe(sql: string, ...values: unknown[]): Promise<number>;
}
