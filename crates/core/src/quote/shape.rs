//! How much there is to do in each section of a plan, in parts, by the plan's own shape.
//!
//! A section has as many parts as it has criteria, or files to deliver, if these are more. What the plan thinks of its size
//! is its share of the money; half of the parts follow that:
//!
//! ```text
//! parts = (parts of its own + share × all sections' own parts) / 2, at least one
//! ```

use crate::limits::TASKS_PER_SECTION;
use crate::run::event::{PlanOutline, SectionOutline};
use crate::words::Share;

/// The parts of each section, in plan order.
pub(crate) fn parts(outline: &PlanOutline) -> Vec<u64> {
    let all: u64 = outline.sections.iter().map(own).sum();
    outline.sections.iter().map(|section| blended(section, all)).collect()
}

fn own(section: &SectionOutline) -> u64 {
    section.criteria.len().max(section.delivers.len()).clamp(1, TASKS_PER_SECTION) as u64
}

fn blended(section: &SectionOutline, all: u64) -> u64 {
    let whole = u64::from(Share::WHOLE.points());
    let twice = own(section) * whole + all * u64::from(section.share.points());
    // Rounded to the nearest.
    ((twice + whole) / (2 * whole)).clamp(1, TASKS_PER_SECTION as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    #[test]
    fn files_criteria_and_shares_make_parts() {
        let mut outline = fixture::outline();
        assert_eq!(parts(&outline), [1, 1], "a criterion each");
        // Of 60 % and 40 %: five files and two, as in section 6 of the proposal.
        let files = |number: usize| (0..number).map(|file| format!("{file}.rs")).collect();
        outline.sections[0].delivers = files(5);
        outline.sections[1].delivers = files(2);
        assert_eq!(parts(&outline), [5, 2]);
        outline.sections[1].criteria = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
        assert_eq!(parts(&outline), [5, 4], "more criteria than files");
        outline.sections[0].share = Share::basis_points(9_000).unwrap();
        outline.sections[1].share = Share::basis_points(1_000).unwrap();
        assert_eq!(parts(&outline), [7, 2], "what has most of the money has most of the work");
    }

    #[test]
    fn no_plan_makes_more_parts_than_a_section_may_have_tasks() {
        let mut outline = fixture::outline();
        outline.sections[0].delivers = vec!["f".to_owned(); 100_000];
        assert!(parts(&outline).iter().all(|parts| (1..=1_000).contains(parts)));
    }
}
