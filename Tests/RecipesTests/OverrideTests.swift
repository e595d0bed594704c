import Foundation
import Recipes
import Testing

@Suite struct OverrideTests {
  @Test(arguments: RecipeFiles.all) func `every key can be overridden, and changes nothing else`(
    file: String
  ) throws {
    let files = try RecipeFiles()
    let original = lines(try files.load())
    let sections = file == RecipeFiles.launch ? "launch." : prefix(of: file)
    for key in YAMLKey.keys(of: try RecipeFiles.original(file)) where !key.isSection {
      let name = prefix(of: file) + key.path
      #expect(lines(try files.load(name + "=" + key.value)) == original)
      // What names a folder is tested below; an enumeration of one case has no other.
      guard !["robot", "task", "learner.kind", "robot.driver.kind"].contains(name) else { continue }

      let changed = candidates(key).lazy.compactMap { value -> [String: String]? in
        guard let recipe = try? files.load(name + "=" + value) else { return nil }
        return lines(recipe)
      }.first { $0 != original }
      guard let changed else {
        Issue.record("no other value of \(name) is accepted")
        continue
      }
      // A posture stiffness of the robot reaches the compliances that name none.
      let different = original.keys.filter { changed[$0] != original[$0] }
        .filter { !$0.hasSuffix("compliance.nullspaceStiffness") }
      #expect(different == [sections + key.path])
    }
  }

  @Test func `an override of a section replaces it whole`() throws {
    let files = try RecipeFiles()
    let recipe = try files.load("task.action.latency={ticks: 5, lowest: 5, highest: 6}")
    #expect(recipe.task.action.latency.highest == 6)
    guard
      case .missingKey(_, "action.latency.highest", _)? = files.refusal(
        of: "task.action.latency={ticks: 5, lowest: 5}")
    else {
      Issue.record("a section without a key is accepted")
      return
    }
  }

  @Test func `the later of two overrides holds`() throws {
    #expect(try RecipeFiles().load("seed=3", "seed=4").launch.seed == 4)
  }

  @Test func `another task is another folder`() throws {
    let files = try RecipeFiles()
    let recipe = try files.load("task=pcb-insertion-hidden", "task.steps=7", "run=some/where")
    #expect(recipe.task.name == "pcb-insertion-hidden")
    #expect(recipe.task.steps == 7)
    #expect(recipe.taskFolder == files.root + "/Tasks/pcb-insertion-hidden")
    #expect(recipe.robotFolder == files.root + "/Robots/panda")
    #expect(recipe.launch.run == "some/where")
  }

  @Test func `an unknown folder is answered with the nearest one`() throws {
    let files = try RecipeFiles()
    #expect(
      files.refusal(of: "task=pcb-insertoin")?.description
        == "task=pcb-insertoin: task: there is no \"pcb-insertoin\"; "
        + "did you mean \"pcb-insertion\"?")
    for name in ["../Tasks/pcb-insertion", ".", "..", "/etc", "kettle"] {
      guard
        case .unknownFolder(_, "task", name, _, let existing)? = files.refusal(
          of: "task=" + name)
      else {
        Issue.record("task=\(name) is accepted")
        continue
      }
      #expect(existing == ["pcb-insertion", "pcb-insertion-hidden"])
    }
  }

  @Test(arguments: [
    "seed", "=3", "seed=", "seed= ", ".seed=3", "learner..batch=3", "learner.batch.=3",
    "learner batch=3", "learner.batch.size=3", "seed=[1", "seed={", "seed=\"", "seed=\t3",
    "seed=1\n---\n2", "leaner.batch=3", "learner=3", "learner.drawn=[[[[[[[[[[[[", "robot.=3",
    "task.connector=none", "seed=#3", "*a=1", "seed=*a", "seed=-1", "run=~", "run=",
    "robot.driver=[simulated]", "a.b.c.d=1", "task.action.latency.ticks.low=1",
  ]) func `an override that makes no sense is refused by its own text`(override: String) throws {
    let files = try RecipeFiles()
    let refusal: RecipeError?
    do {
      _ = try files.load(override)
      refusal = nil
    } catch { refusal = error }
    let text = override.replacingOccurrences(of: "\n", with: " ")
    #expect(refusal?.description.hasPrefix(text) == true, "\(String(describing: refusal))")
    #expect(refusal?.description.contains("\n") == false)
  }

  /// Dotted key to value of the resolved recipe.
  private func lines(_ recipe: SessionRecipe) -> [String: String] {
    let keys = YAMLKey.keys(of: recipe.resolvedYAML(revision: "r", date: "d"))
    return Dictionary(uniqueKeysWithValues: keys.map { ($0.path, $0.value) })
  }

  /// Other values that a key may take.
  private func candidates(_ key: YAMLKey) -> [String] {
    guard let numbers = key.numbers else {
      let texts = ["true", "false", "realtime", "process", "tcp://127.0.0.1:5555", "none", "other"]
      return texts + ["[a, b, c, d, e, f, g]"]
    }
    let isList = key.value.hasPrefix("[")
    let changes: [(Double) -> Double] = [
      { $0 * 1.01 }, { $0 * 0.99 }, { $0 + 1 }, { $0 - 1 }, { $0 / 2 }, { $0 + 0.001 },
    ]
    return changes.flatMap { change in
      let values = numbers.map(change)
      let reals = values.map { "\($0)" }.joined(separator: ",")
      return isList ? ["[\(reals)]"] : [reals, "\(Int(values[0]))"]
    }
  }
}
