/**
 * The effect that more events in the rest of the window can have on a number:
 * - `fixed`: no effect; a constant, or a baseline of earlier windows;
 * - `seen`: it describes the events that were seen, such as an average, a quantile or a ratio of
 *   totals, and is taken as it is;
 * - `rises`, `falls`: it can only become larger, or smaller; a total, or 0 less a total;
 * - `open`: a total that can go either way, such as the difference of two, or a sum of values that
 *   may be negative.
 */
export type Course = "fixed" | "seen" | "rises" | "falls" | "open";

/** The way in which a number depends on how much of the window has been seen. */
export interface Growth {
  readonly course: Course;
  /**
   * the power of the seen part of the window to which the number is proportional: 1 for a total, -1
   * for `1 / total`, 0 for a ratio of totals
   */
  readonly degree: number;
}

export const FIXED: Growth = { course: "fixed", degree: 0 };
export const SEEN: Growth = { course: "seen", degree: 0 };
export const RISES: Growth = { course: "rises", degree: 1 };
export const OPEN: Growth = { course: "open", degree: 1 };

/**
 * The growth of a number before its tick is over. Degrees say nothing then: a ratio of totals
 * changes with each event.
 */
export const ahead = (course: Course): Growth => ({ course, degree: 0 });

/** True if a number is judged as it is, however little of the window has been seen. */
export const isTakenAsSeen = ({ course }: Growth): boolean => course === "fixed" || course === "seen";

const OPPOSITE: Readonly<Record<Course, Course>> = {
  fixed: "fixed",
  seen: "seen",
  rises: "falls",
  falls: "rises",
  open: "open",
};

/**
 * An operand with the value that it has now. If it can only rise and is not negative now, it never
 * will be negative.
 */
export interface Grown {
  readonly growth: Growth;
  readonly value: number;
}

/**
 * Returns the growth of `left + right`. A total together with a number that describes the seen
 * events can go either way.
 */
export function growthOfSum({ growth: left }: Grown, { growth: right }: Grown): Growth {
  const degree = Math.max(left.degree, right.degree) || Math.min(left.degree, right.degree);
  if (right.course === "fixed" || left.course === right.course) return { course: left.course, degree };
  if (left.course === "fixed") return { course: right.course, degree };
  return { course: "open", degree };
}

export function growthOfDifference(left: Grown, { growth: { course, degree }, value }: Grown): Growth {
  return growthOfSum(left, { growth: { course: OPPOSITE[course], degree }, value: -value });
}

export function growthOfProduct(left: Grown, right: Grown): Growth {
  const degree = left.growth.degree + right.growth.degree;
  const isTotal = left.growth.degree !== 0 || right.growth.degree !== 0;
  if (degree === 0 && isTotal) return SEEN;
  return { course: productCourse(left, right), degree };
}

/** Returns the growth of a quotient. A ratio of totals describes the events that were seen. */
export function growthOfQuotient(left: Grown, right: Grown): Growth {
  const { course, degree } = right.growth;
  const inverse = { course: OPPOSITE[course], degree: -degree };
  // What passes 0 on its way makes the quotient jump.
  const isMonotone = course === "fixed" || course === "seen" || signOf(right) !== 0;
  return growthOfProduct(left, {
    growth: isMonotone ? inverse : { course: "open", degree: -degree },
    value: right.value,
  });
}

/**
 * Returns the growth of one of two numbers, if more events may change the choice. `missed > read ?
 * 0 : missed / read` describes the seen events as its ratio does. Between two constants there is
 * only the choice, which is open.
 */
export function growthOfEither(left: Growth, right: Growth): Growth {
  const isChoice = left.course === "fixed" && right.course === "fixed";
  return !isChoice && isTakenAsSeen(left) && isTakenAsSeen(right) ? SEEN : OPEN;
}

function productCourse(left: Grown, right: Grown): Course {
  const [a, b] = [left.growth.course, right.growth.course];
  if (a === "fixed") return scaled(b, Math.sign(left.value));
  if (b === "fixed") return scaled(a, Math.sign(right.value));
  if (a === "seen" && b === "seen") return "seen";
  if (a === "seen" || b === "seen" || signOf(left) === 0 || signOf(right) === 0) return "open";
  const [ofLeft, ofRight] = [scaled(a, signOf(right)), scaled(b, signOf(left))];
  return ofLeft === ofRight ? ofLeft : "open";
}

function scaled(course: Course, sign: number): Course {
  if (sign === 0) return "fixed";
  return sign < 0 ? OPPOSITE[course] : course;
}

/** Returns the sign that a number has and keeps; 0 if more events may change it. */
function signOf({ growth: { course }, value }: Grown): number {
  if (course === "rises") return value >= 0 ? 1 : 0;
  if (course === "falls") return value <= 0 ? -1 : 0;
  return course === "open" ? 0 : Math.sign(value);
}
