//! `roles`: our own, the project's and the person's; and what one of them is told.

use std::process::ExitCode;

use trireme_core::report::table;
use trireme_core::roles::RoleFile;
use trireme_engine::Engine;

use crate::cli::{RolesArgs, RolesCommand};
use crate::config::Config;
use crate::failure::Failure;
use crate::out;

/// Lists them, or shows one.
pub(crate) async fn roles(config: Config, args: RolesArgs) -> Result<ExitCode, Failure> {
    let project = config.project.as_ref().map_or_else(|| config.cwd.clone(), |dir| config.cwd.join(dir));
    let roles = Engine::open(config.settings).await?.roles(&project).await?;
    for warning in &roles.warnings {
        out::say(&format!("warning: {warning}"));
    }
    match args.command {
        None if args.json => out::json(&roles.files)?,
        None => out::prose(&listed(&roles.files))?,
        Some(RolesCommand::Show { name, json }) => {
            let named: Vec<_> = roles.files.iter().filter(|role| role.name == name).collect();
            if named.is_empty() {
                return Err(Failure::usage(format!("there is no role {name:?}")).hint("trireme roles"));
            }
            if json {
                out::json(&named)?;
            } else {
                out::prose(&named.into_iter().map(shown).collect::<Vec<_>>().join("\n\n"))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn listed(roles: &[RoleFile]) -> String {
    let cells = |role: &RoleFile| {
        vec![
            role.name.clone(),
            role.model_words(),
            role.tool_words(),
            role.from.clone(),
            role.description.clone(),
        ]
    };
    let rows: Vec<_> = roles.iter().map(cells).collect();
    table(&["role", "seniority or model", "tools", "from", "description"], &rows)
}

fn shown(role: &RoleFile) -> String {
    let RoleFile { name, description, from, prompt, .. } = role;
    let (model, tools) = (role.model_words(), role.tool_words());
    format!("{name}: {description}\nfrom: {from}\nseniority or model: {model}\ntools: {tools}\n\n{prompt}")
}
