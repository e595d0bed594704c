import Foundation
import Recipes
import Testing

@Suite struct ResolvedRecipeTests {
  static let overrides: [[String]] = [
    [], ["task=pcb-insertion-hidden"],
    ["seed=18446744073709551615", "endpoints=tcp://localhost:6000"],
    [
      "endpoints=tcp://10.0.0.7:6000", "security.keys='my keys'", "hosts.learner=lab.example",
    ],
    ["endpoints=tcp://[::1]:6000", "security={keys: none}", "hosts={learner: none}"],
    ["learner.learningRate=1e-8", "learner.discount=0.1", "robot.bushing.carriedInertia=1e-7"],
    ["task.hidden.boardYaw=3.141592653589793", "task.reward.depth=1.0000000000000001e-5"],
    ["robot.sensing.torqueLowPass=33.333333333333336", "finish.robotMinutes=1000000"],
    ["run='yes'", "demonstrations.folder='a: b # c'"], ["run='12'", "demonstrations.folder='~'"],
    ["run='Ünïcode \"quoted\" \\ back'", "demonstrations.folder=\"line\\nbreak\\ttab\""],
    ["task.compliance.nullspaceStiffness=0", "robot.safety.nullspaceStiffness=50"],
    ["task.limits={toolSpeed: 0.2, contactForce: [10, 20, 30]}", "robot.safety.fenceSlack=0.001"],
    ["clock=realtime", "placement=process", "learner.layerNorm=false", "run='1e5'"],
  ]

  @Test(arguments: overrides) func `a resolved recipe reads back to an equal value`(
    overrides: [String]
  ) throws {
    let files = try RecipeFiles()
    let recipe = try SessionRecipe.load(
      launchFile: files.root + "/" + RecipeFiles.launch, overrides: overrides)
    try files.write(recipe.resolvedYAML(revision: "abc\ndef", date: "2026-01-02"), to: "r.yaml")
    #expect(try SessionRecipe(resolved: files.root + "/r.yaml") == recipe)
    #expect(try SessionRecipe.load(launchFile: files.root + "/r.yaml") == recipe)
  }

  @Test(arguments: [[], ["task=pcb-insertion-hidden"]]) func `it holds each number of the files`(
    overrides: [String]
  ) throws {
    let files = try RecipeFiles()
    let recipe = try SessionRecipe.load(
      launchFile: files.root + "/" + RecipeFiles.launch, overrides: overrides)
    let resolved = YAMLKey.keys(of: recipe.resolvedYAML(revision: "r", date: "d"))
    let values = Dictionary(uniqueKeysWithValues: resolved.map { ($0.path, $0) })
    let task = overrides.isEmpty ? RecipeFiles.task : RecipeFiles.hiddenTask
    for (file, section) in [
      (RecipeFiles.launch, "launch."), (RecipeFiles.robot, "robot."), (task, "task."),
    ] {
      for key in YAMLKey.keys(of: try RecipeFiles.original(file)) where !key.isSection {
        guard let written = values[section + key.path] else {
          Issue.record("\(section)\(key) is not written")
          continue
        }
        if let numbers = key.numbers {
          #expect(written.numbers == numbers, "\(section)\(key)")
        } else if key.path != "task" {
          #expect(written.value.filter { $0 != "\"" } == key.value, "\(section)\(key)")
        }
      }
    }
  }

  @Test func `its header tells seed, revision and date`() throws {
    let text = try RecipeFiles().load("seed=77").resolvedYAML(revision: "abc", date: "2026-01-02")
    for line in ["# seed: 77\n", "# revision: abc\n", "# date: 2026-01-02\n"] {
      #expect(text.contains(line))
    }
  }

  @Test func `it takes overrides but no other folder`() throws {
    let files = try RecipeFiles()
    try files.write(try files.load().resolvedYAML(revision: "r", date: "d"), to: "r.yaml")
    let recipe = try SessionRecipe(
      resolved: files.root + "/r.yaml",
      overrides: ["finish.steps=9", "task.steps=8", "robot.safety.toolSpeed=0.25"])
    #expect(recipe.launch.finish.steps == 9)
    #expect(recipe.task.steps == 8)
    #expect(recipe.robot.safety.toolSpeed == 0.25)
    for override in ["task=pcb-insertion", "robot=panda", "finish.step=9", "task.step=9"] {
      #expect(throws: RecipeError.self) {
        try SessionRecipe(resolved: files.root + "/r.yaml", overrides: [override])
      }
    }
  }

  @Test(arguments: overrides) func `Python reads the same values`(overrides: [String]) throws {
    guard let python = python else { return }
    let files = try RecipeFiles()
    let recipe = try SessionRecipe.load(
      launchFile: files.root + "/" + RecipeFiles.launch, overrides: overrides)
    try files.write(recipe.resolvedYAML(revision: "r", date: "d"), to: "r.yaml")
    let script = """
      import json, sys, yaml
      d = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
      def kinds(v):
        if isinstance(v, dict): return {k: kinds(x) for k, x in v.items()}
        if isinstance(v, list): return [kinds(x) for x in v]
        return type(v).__name__
      l = d["launch"]
      out = [l["run"], l["demonstrations"]["folder"], str(l["seed"]),
             repr(d["robot"]["bushing"]["carriedInertia"]), repr(d["task"]["reward"]["depth"])]
      names = json.dumps(kinds(d["robot"]))
      assert "str" not in json.dumps(kinds(d["robot"]["joints"]["home"])), names
      assert kinds(d["robot"]["bushing"]["carriedInertia"]) == "float", names
      assert isinstance(d["launch"]["learner"]["layerNorm"], bool)
      print(json.dumps(out))
      """
    let output = try python(script, files.root + "/r.yaml")
    let values = try JSONDecoder().decode([String].self, from: output)
    #expect(values[0] == recipe.launch.run)
    #expect(values[1] == recipe.launch.demonstrations.folder)
    #expect(values[2] == "\(recipe.launch.seed)")
    #expect(Double(values[3]) == recipe.robot.bushing.carriedInertia)
    #expect(Double(values[4]) == recipe.task.reward.depth)
  }

  /// Runs a script with an argument and gives its output; nil where there is no Python with PyYAML.
  private var python: ((_ script: String, _ argument: String) throws -> Data)? {
    let run: (String, String) throws -> Data = { script, argument in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["python3", "-c", script, argument]
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let data = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0 || script == "import yaml")
      if process.terminationStatus != 0 { throw CocoaError(.executableNotLoadable) }
      return data
    }
    guard (try? run("import yaml", "")) != nil else { return nil }
    return run
  }
}
