#include "bin/completion.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string_view>
#include <vector>

#include "base/text.h"

namespace esclusa {
namespace {

struct Choice {
  std::string word;         ///< a subcommand, `--flag` or `-f`
  std::string description;  ///< one line
  bool takes_value = false;
};

/// A command with its place: `repo add`; the program itself has the empty place.
struct Command {
  std::string place;
  std::vector<Choice> subcommands, options;
};

std::string one_line(std::string text) {
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

void collect(const CLI::App& app, const std::string& place, std::vector<Command>& commands) {
  Command command{place, {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    const std::string description = one_line(option->get_description());
    const bool takes_value = option->get_items_expected_max() > 0;
    for (const std::string& name : option->get_lnames()) {
      command.options.push_back({"--" + name, description, takes_value});
    }
    for (const std::string& name : option->get_snames()) {
      command.options.push_back({"-" + name, description, takes_value});
    }
  }
  const auto groups = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* group : groups) {
    if (group->get_group().empty()) continue;  // not in the help either
    command.subcommands.push_back({group->get_name(), one_line(group->get_description())});
  }
  commands.push_back(std::move(command));
  for (const CLI::App* group : groups) {
    if (!group->get_group().empty()) {
      collect(*group, place.empty() ? group->get_name() : place + " " + group->get_name(),
              commands);
    }
  }
}

std::vector<Command> commands_of(const CLI::App& app) {
  std::vector<Command> commands;
  collect(app, "", commands);
  return commands;
}

/// For any of the three shells: nothing in it is expanded.
std::string shell_literal(std::string_view text, bool is_fish = false) {
  std::string result = "'";
  for (const char c : text) {
    if (is_fish && (c == '\'' || c == '\\')) result += '\\';
    result += c == '\'' && !is_fish ? "'\\''" : std::string(1, c);
  }
  return result + "'";
}

std::string words_of(const std::vector<Choice>& choices) {
  std::string text;
  for (const Choice& choice : choices) text += (text.empty() ? "" : " ") + choice.word;
  return text;
}

/// `repo:add|repo:set`: the patterns of a shell's `case` for what `chosen` picks.
template <class Pick>
std::string patterns(const std::vector<Command>& commands, const Pick& pick) {
  std::string text;
  for (const Command& command : commands) {
    for (const std::string& one : pick(command))
      text += (text.empty() ? "" : "|") + shell_literal(one);
  }
  return text;
}

/// Where a word leads from one command to its subcommand.
std::string steps(const std::vector<Command>& commands) {
  return patterns(commands, [](const Command& command) {
    return command.place.empty() ? std::vector<std::string>{}
                                 : std::vector<std::string>{" " + command.place};
  });
}

/// The options that a value follows, each with the command that has it.
std::string valued(const std::vector<Command>& commands) {
  return patterns(commands, [](const Command& command) {
    std::vector<std::string> found;
    const std::string place = command.place.empty() ? "" : " " + command.place;
    for (const Choice& option : command.options) {
      if (option.takes_value) found.push_back(place + " " + option.word);
    }
    return found;
  });
}

std::string bash_script(const std::vector<Command>& commands) {
  std::string text =
      "# bash completion for esclusa, by `esclusa completion bash`\n"
      "_esclusa() {\n"
      "  local word place='' subcommands='' options='' current=${COMP_WORDS[COMP_CWORD]}\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$place $word\" in\n"
      "      " +
      steps(commands) +
      ") place+=\" $word\" ;;\n"
      "    esac\n"
      "  done\n"
      "  COMPREPLY=()\n"
      "  case \"$place ${COMP_WORDS[COMP_CWORD-1]}\" in\n"
      "    " +
      valued(commands) +
      ") return ;;  # a value: a file, perhaps\n"
      "  esac\n"
      "  case \"$place\" in\n";
  for (const Command& command : commands) {
    text += "    " + shell_literal(command.place.empty() ? "" : " " + command.place) +
            ") subcommands=" + shell_literal(words_of(command.subcommands)) +
            " options=" + shell_literal(words_of(command.options)) + " ;;\n";
  }
  return text +
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$current\")\n"
         "  elif [[ -n $subcommands ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$subcommands\" -- \"$current\")\n"
         "  fi\n"
         "}\n"
         "complete -o bashdefault -o default -F _esclusa esclusa\n";
}

std::string zsh_choices(const std::vector<Choice>& choices) {
  std::string text;
  for (const Choice& choice : choices) {
    std::string described = choice.word + ":" + choice.description;
    text += (text.empty() ? "" : " ") + shell_literal(described);
  }
  return text;
}

std::string zsh_script(const std::vector<Command>& commands) {
  std::string text =
      "#compdef esclusa\n"
      "# zsh completion for esclusa, by `esclusa completion zsh`\n"
      "_esclusa() {\n"
      "  local word place=''\n"
      "  local -a subcommands options\n"
      "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
      "    case \"$place $word\" in\n"
      "      (" +
      steps(commands) +
      ") place+=\" $word\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$place ${words[CURRENT-1]}\" in\n"
      "    (" +
      valued(commands) +
      ") _files; return ;;\n"
      "  esac\n"
      "  case \"$place\" in\n";
  for (const Command& command : commands) {
    text += "    (" + shell_literal(command.place.empty() ? "" : " " + command.place) +
            ")\n      subcommands=(" + zsh_choices(command.subcommands) + ")\n      options=(" +
            zsh_choices(command.options) + ") ;;\n";
  }
  return text +
         "  esac\n"
         "  if [[ ${words[CURRENT]} == -* ]]; then\n"
         "    _describe -o 'option' options\n"
         "  elif (( $#subcommands )); then\n"
         "    _describe 'command' subcommands\n"
         "  else\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "if [[ $funcstack[1] == _esclusa ]]; then _esclusa \"$@\"; else compdef _esclusa esclusa; "
         "fi\n";
}

std::string fish_script(const std::vector<Command>& commands) {
  std::string text =
      "# fish completion for esclusa, by `esclusa completion fish`\n"
      "function __esclusa_at\n"
      "  set -l place ''\n"
      "  for word in (commandline -opc)[2..]\n"
      "    switch \"$place $word\"\n"
      "      case";
  for (const Command& command : commands) {
    if (!command.place.empty()) text += " " + shell_literal(" " + command.place, true);
  }
  text +=
      "\n"
      "        set place \"$place $word\"\n"
      "    end\n"
      "  end\n"
      "  test \"$place\" = \"$argv[1]\"\n"
      "end\n";
  for (const Command& command : commands) {
    const std::string place = command.place.empty() ? "" : " " + command.place;
    const std::string start =
        "complete -c esclusa -n " + shell_literal("__esclusa_at \"" + place + "\"");
    for (const Choice& choice : command.subcommands) {
      text +=
          start + " -f -a " + choice.word + " -d " + shell_literal(choice.description, true) + "\n";
    }
    for (const Choice& option : command.options) {
      const bool is_long = option.word.starts_with("--");
      text += start + (is_long ? " -l " : " -s ") + option.word.substr(is_long ? 2 : 1) +
              (option.takes_value ? " -r" : "") + " -d " + shell_literal(option.description, true) +
              "\n";
    }
  }
  return text;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  const auto commands = commands_of(app);
  if (shell == "bash") return bash_script(commands);
  if (shell == "zsh") return zsh_script(commands);
  return shell == "fish" ? fish_script(commands) : "";
}

void add_completion(CLI::App& app, cli::Action& action) {
  auto* command =
      app.add_subcommand("completion", "Prints a script that completes commands in a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "Debian's package installs these scripts. Otherwise, for one session of bash:\n"
      "  source <(esclusa completion bash)");
  command->callback([=, &app, &action] {
    action = [=, &app] {
      std::fputs(completion_script(app, *shell).c_str(), stdout);
      return std::fflush(stdout) == 0 ? 0 : 1;
    };
  });
}

}  // namespace esclusa
