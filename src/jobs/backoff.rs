//! How long a job that failed rests.

use std::time::Duration;

/// Rest after the first failure; it doubles from failure to failure.
const FIRST: Duration = Duration::from_secs(5);
/// Longest rest. With the usual 16 attempts the rests sum up to more than 27 hours, so that
/// a national system may be away for a whole day.
const LONGEST: Duration = Duration::from_secs(8 * 3600);
/// Share of the rest that chance adds at most, so that the jobs of one outage do not all
/// come back in the same second.
const JITTER: f64 = 0.25;

/// The rest after the given attempt (1 = the first) failed; `chance` is from 0 to 1.
pub fn rest(attempt: i32, chance: f64) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 30) - 1).unwrap_or_default();
    let rest = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    rest.mul_f64(1.0 + JITTER * chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_attempts_spread_over_more_than_a_day_and_less_than_two() {
        let sum = |chance| (1..16).map(|attempt| rest(attempt, chance)).sum::<Duration>();
        assert!(sum(0.0) > Duration::from_secs(24 * 3600), "{:?}", sum(0.0));
        assert!(sum(1.0) < Duration::from_secs(48 * 3600), "{:?}", sum(1.0));
    }

    #[test]
    fn rests_grow_and_never_overflow() {
        assert_eq!(rest(1, 0.0), FIRST);
        assert_eq!(rest(0, 0.0), FIRST);
        assert!((1..40).all(|attempt| rest(attempt, 0.0) <= rest(attempt + 1, 0.0)));
        assert_eq!(rest(i32::MAX, 9.9), LONGEST.mul_f64(1.0 + JITTER));
    }
}
