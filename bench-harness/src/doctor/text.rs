//! A diagnosis as text for people.

use std::fmt::{self, Display, Formatter};

use crate::doctor::{Diagnosis, Loss, State};

impl Display for Diagnosis {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let machine = &self.machine;
        writeln!(f, "{}, {} cores, {}\n", machine.cpu, machine.cores, machine.os)?;
        for check in &self.checks {
            let mark = match check.state {
                State::Good => "good ",
                State::Costs => "COSTS",
                State::Unavailable => "-    ",
            };
            writeln!(f, "{mark}  {:<24} {}", check.name, check.found)?;
            if let Some(loss) = &check.loss {
                writeln!(f, "       {:<24} {loss}", "")?;
            }
            if let Some(change) = &check.change {
                writeln!(f, "       {:<24} change it: {change}", "")?;
            }
        }
        let costs = self.checks.iter().filter(|check| check.state == State::Costs).count();
        writeln!(
            f,
            "\n{costs} of {} cost throughput; everything runs with none of them changed",
            self.checks.len()
        )
    }
}

impl Display for Loss {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| format!("{:.1}%", share * 100.0);
        if self.is_measured {
            write!(f, "{} of throughput lost, measured", percent(self.least))
        } else {
            write!(f, "{} to {} of throughput lost, expected", percent(self.least), percent(self.most))
        }
    }
}
