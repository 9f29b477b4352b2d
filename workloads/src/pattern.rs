//! `Pattern`: a workload's name and parameters, as in `erc20:zipf=0.9,undeclared=0.05`.

use std::fmt;
use std::str::FromStr;

use crate::name::Name;
use crate::parameter::Parameter;
use crate::spec::{ACCOUNTS_MIN, UnknownWord, find};

/// No workload has more parameters.
pub(crate) const PARAMETERS_MAX: usize = 6;

const _: () = {
    let mut index = 0;
    while index < Name::ALL.len() {
        assert!(
            Name::ALL[index].parameters().len() <= PARAMETERS_MAX,
            "a pattern has room for all its values"
        );
        index += 1;
    }
};

/// A workload's name, and a value in range for each of its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    name: Name,
    /// In the order of [`Name::parameters`]; 0 behind the last.
    values: [u32; PARAMETERS_MAX],
}

impl Pattern {
    /// The name.
    pub fn name(&self) -> Name {
        self.name
    }

    /// How many accounts it needs.
    pub fn accounts_min(&self) -> u32 {
        self.find(Parameter::Group).unwrap_or(0).max(ACCOUNTS_MIN)
    }

    /// The value of a parameter that this workload has.
    pub(crate) fn value(&self, parameter: Parameter) -> u32 {
        self.find(parameter).expect("a generator asks for the parameters of its own workload")
    }

    /// All values, for files.
    pub(crate) fn values(&self) -> [u32; PARAMETERS_MAX] {
        self.values
    }

    /// The value of a parameter, if the workload has it.
    pub(crate) fn find(&self, parameter: Parameter) -> Option<u32> {
        self.place(parameter).map(|place| self.values[place])
    }

    fn place(&self, parameter: Parameter) -> Option<usize> {
        self.name.parameters().iter().position(|(known, _)| *known == parameter)
    }

    /// One line for each workload: its name, what its transactions do, and its parameters as they are unless given.
    pub fn help() -> String {
        let line = |name: Name| {
            let all: Vec<String> =
                name.parameters().iter().map(|(one, value)| assignment(*one, *value)).collect();
            let parameters = if all.is_empty() { String::new() } else { format!(" [{}]", all.join(",")) };
            format!("  {:<12} {}{parameters}\n", name.as_str(), name.help())
        };
        Name::ALL.into_iter().map(line).collect()
    }

    /// One line for each parameter: its name and what it means.
    pub fn parameter_help() -> String {
        let line = |one: Parameter| format!("  {:<12} {}\n", one.name(), one.help());
        Parameter::ALL.into_iter().map(line).collect()
    }
}

fn assignment(parameter: Parameter, value: u32) -> String {
    format!("{}={}", parameter.name(), parameter.show(value))
}

impl From<Name> for Pattern {
    /// With every parameter as it is unless given.
    fn from(name: Name) -> Pattern {
        let mut values = [0; PARAMETERS_MAX];
        for (value, (_, standard)) in values.iter_mut().zip(name.parameters()) {
            *value = *standard;
        }
        Pattern { name, values }
    }
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternError {
    /// There is no workload of this name.
    Name(UnknownWord),
    /// The workload has no such parameter.
    Parameter(Name, UnknownWord),
    /// The workload has no parameters at all.
    None(Name),
    /// Nothing is assigned to the parameter.
    NoValue(Parameter),
    /// The value is not one, or not in range.
    Value(Parameter, String),
    /// The parameter is given twice.
    Twice(Parameter),
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PatternError::Name(error) => error.fmt(f),
            PatternError::Parameter(name, error) => write!(f, "{name} has other parameters: {error}"),
            PatternError::None(name) => write!(f, "{name} has no parameters"),
            PatternError::NoValue(parameter) => {
                write!(f, "{0} needs a value: {0}=N, {1}", parameter.name(), parameter.bounds())
            }
            PatternError::Value(parameter, text) => {
                write!(f, "{}={text}: give {}", parameter.name(), parameter.bounds())
            }
            PatternError::Twice(parameter) => write!(f, "{} is given twice", parameter.name()),
        }
    }
}

impl std::error::Error for PatternError {}

impl FromStr for Pattern {
    type Err = PatternError;

    /// Reads `NAME` or `NAME:parameter=value,...`.
    fn from_str(text: &str) -> Result<Pattern, PatternError> {
        let (name, assignments) = match text.split_once(':') {
            Some((name, assignments)) => (name, Some(assignments)),
            None => (text, None),
        };
        let name: Name = name.parse().map_err(PatternError::Name)?;
        let mut pattern = Pattern::from(name);
        let mut given = [false; PARAMETERS_MAX];
        for assignment in assignments.into_iter().flat_map(|all| all.split(',')) {
            let (place, value) = pattern.read(assignment)?;
            if std::mem::replace(&mut given[place], true) {
                return Err(PatternError::Twice(name.parameters()[place].0));
            }
            pattern.values[place] = value;
        }
        Ok(pattern)
    }
}

impl Pattern {
    /// Reads `parameter=value`; gives the parameter's place, and the value.
    fn read(&self, assignment: &str) -> Result<(usize, u32), PatternError> {
        let (word, text) = match assignment.split_once('=') {
            Some((word, text)) => (word, Some(text)),
            None => (assignment, None),
        };
        let known: Vec<Parameter> = self.name.parameters().iter().map(|(parameter, _)| *parameter).collect();
        if known.is_empty() {
            return Err(PatternError::None(self.name));
        }
        let parameter =
            find(&known, Parameter::name, word).map_err(|error| PatternError::Parameter(self.name, error))?;
        let text = text.ok_or(PatternError::NoValue(parameter))?;
        let value = parameter.parse(text).ok_or_else(|| PatternError::Value(parameter, text.to_owned()))?;
        Ok((self.place(parameter).expect("it is one of those known"), value))
    }
}

impl fmt::Display for Pattern {
    /// The name, and the parameters that are not as they are unless given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_str())?;
        let mut separator = ':';
        for ((parameter, standard), value) in self.name.parameters().iter().zip(self.values) {
            if value != *standard {
                write!(f, "{separator}{}", assignment(*parameter, value))?;
                separator = ',';
            }
        }
        Ok(())
    }
}
