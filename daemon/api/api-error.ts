/** The reason why a request failed, for its sender. */
export class ApiError extends Error {
  readonly status: number;
  /** the errors in each part of the request */
  readonly details: readonly string[];

  constructor(status: number, message: string, details: readonly string[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** The body of every answer to a failed request. */
export interface ErrorBody {
  readonly error: { readonly message: string; readonly details?: readonly string[] };
}

export function errorBody({ message, details }: ApiError): ErrorBody {
  return { error: { message, ...(details.length > 0 && { details }) } };
}
