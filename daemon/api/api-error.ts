/** Why a request cannot be answered, for whoever made it. */
export class ApiError extends Error {
  readonly status: number;
  /** what is wrong with each part of what was sent */
  readonly details: readonly string[];

  constructor(status: number, message: string, details: readonly string[] = []) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** The body of every answer that is no success. */
export interface ErrorBody {
  readonly error: { readonly message: string; readonly details?: readonly string[] };
}

export function errorBody({ message, details }: ApiError): ErrorBody {
  return { error: { message, ...(details.length > 0 && { details }) } };
}
