/** The code of the error that something throws; null if it throws none. */
export function codeOf(act: () => unknown): string | null | undefined {
  try {
    act();
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return null;
}
