/// Everything that one session is made of: a launch file, its robot and its task.
public struct SessionRecipe: Sendable, Equatable {
  /// What the launch file says.
  public var launch: LaunchRecipe
  /// What the robot's folder says.
  public var robot: RobotRecipe
  /// What the task's folder says.
  public var task: TaskRecipe
  /// The folder of `robot.yaml` and of the arm's model.
  public var robotFolder: String
  /// The folder of `task.yaml`.
  public var taskFolder: String

  /// Control ticks of one decision.
  public var ticksPerStep: Int { Int((1 / (task.rate * robot.driver.timestep)).rounded()) }

  /// Reads a launch file or a resolved recipe, with overrides such as `learner.batch=128`,
  /// `task.action.translation=0.002`, `robot.sensing.torqueNoise=0` or `task=pcb-insertion-hidden`.
  ///
  /// `Robots` and `Tasks` lie beside the launch file's folder, or else in the current folder.
  public static func load(
    launchFile: String, overrides: [String] = []
  ) throws(RecipeError) -> SessionRecipe {
    let tree = try Tree(file: launchFile)
    let overrides = try parse(overrides)
    if tree["launch"] != nil { return try SessionRecipe(resolved: tree, overrides: overrides) }
    return try SessionRecipe(launch: tree, file: launchFile, overrides: overrides)
  }

  /// Reads what `resolvedYAML` wrote.
  public init(resolved file: String, overrides: [String] = []) throws(RecipeError) {
    let parsed = try Self.parse(overrides)
    self = try Self(resolved: Tree(file: file), overrides: parsed)
  }

  /// Reads what `resolvedYAML` wrote, with another robot in the place of its own: that of
  /// `Robots/NAME` in the current folder, which an option of the command line named.
  public init(
    resolved file: String, robot name: String, namedBy option: String, overrides: [String] = []
  ) throws(RecipeError) {
    let folder = try FolderSearch().folder(.robot, named: name, at: .override(option))
    let robot = try Tree(file: joined(folder, Folder.robot.file))
    var tree = try Tree(file: file)
    let changes: [(keys: [String], value: Tree)] = [
      (["robot"], robot), (["launch", "robot"], try Tree(yaml: name) { _ in .override(option) }),
      (["folders", "robot"], try Tree(yaml: folder) { _ in .override(option) }),
    ]
    for change in changes {
      try Override(text: option, keys: change.keys, value: change.value).apply(to: &tree)
    }
    self = try Self(resolved: tree, overrides: Self.parse(overrides))
  }

  private static func parse(_ texts: [String]) throws(RecipeError) -> [Override] {
    var overrides: [Override] = []
    for text in texts { overrides.append(try Override(text)) }
    return overrides
  }
}

extension SessionRecipe {
  private init(launch tree: Tree, file: String, overrides: [Override]) throws(RecipeError) {
    var tree = tree
    for override in overrides where override.folder == nil { try override.apply(to: &tree) }
    var section = Section(tree, path: "", place: .line(file: file, 1))
    launch = LaunchRecipe(reading: &section)
    let places = (robot: section.place(of: "robot"), task: section.place(of: "task"))
    let setpoints = section.place(of: "learner")
    try section.finish()

    let search = FolderSearch(launchFile: file)
    robotFolder = try search.folder(.robot, named: launch.robot, at: places.robot)
    taskFolder = try search.folder(.task, named: launch.task, at: places.task)

    var robotTree = try Tree(file: joined(robotFolder, Folder.robot.file))
    var taskTree = try Tree(file: joined(taskFolder, Folder.task.file))
    for override in overrides {
      if override.folder == .robot { try override.inner.apply(to: &robotTree) }
      if override.folder == .task { try override.inner.apply(to: &taskTree) }
    }
    var robotSection = Section(robotTree, path: "", place: robotTree.place)
    robot = RobotRecipe(reading: &robotSection)
    try robotSection.finish()
    var taskSection = Section(taskTree, path: "", place: taskTree.place)
    task = TaskRecipe(reading: &taskSection, for: robot)
    try taskSection.finish()
    try check(setpointsAt: setpoints)
  }

  /// Critics see a setpoint magnified by the widths of the task, which must then be there.
  private func check(setpointsAt place: Place) throws(RecipeError) {
    let fine = task.observation.fine
    guard launch.learner.criticsSeeSetpoint, fine.position <= 0 || fine.rotation <= 0 else {
      return
    }
    let key = fine.position <= 0 ? "position" : "rotation"
    throw .contradiction(
      place, key: "learner.criticsSeeSetpoint",
      reason: "true, but task.observation.fine.\(key) is 0, so there is nothing to magnify by; "
        + "give it a width above 0, or set learner.criticsSeeSetpoint to false")
  }

  fileprivate init(resolved tree: Tree, overrides: [Override]) throws(RecipeError) {
    var tree = tree
    for override in overrides {
      if override.keys == ["robot"] || override.keys == ["task"] {
        throw .invalidOverride(
          override.text,
          reason: "a resolved recipe holds its robot and task; start from a launch file instead")
      }
      try (override.folder == nil ? override.below("launch") : override).apply(to: &tree)
    }
    var section = Section(tree, path: "", place: tree.place)
    launch = section.section("launch")
    let robot: RobotRecipe = section.section("robot")
    self.robot = robot
    task = section.section("task") { TaskRecipe(reading: &$0, for: robot) }
    (robotFolder, taskFolder) = section.section("folders") {
      ($0.text("robot", "the robot's folder"), $0.text("task", "the task's folder"))
    }
    let place = section.place(of: "launch")
    try section.finish()
    try check(setpointsAt: place)
  }

  /// A complete recipe that `init(resolved:)` reads back to an equal value, with a header of the
  /// seed, the revision of the program and the date.
  ///
  /// Any YAML 1.1 or 1.2 reader takes it.
  public func resolvedYAML(revision: String, date: String) -> String {
    let header = [
      "Resolved recipe of one session: launch, robot and task after all overrides.",
      "seed: \(launch.seed)", "revision: \(revision)", "date: \(date)",
    ]
    let comments = header.map { "# " + String($0.map { $0.isNewline ? " " : $0 }) + "\n" }.joined()
    return comments + WrittenEntry.text(entries)
  }

  /// Dotted keys whose values differ, as overrides name them: those of the launch file by themselves.
  public func keysDiffering(from other: SessionRecipe) -> [String] {
    let theirs = Dictionary(
      WrittenEntry.lines(other.entries).map { ($0.key, $0.line) }, uniquingKeysWith: { $1 })
    return WrittenEntry.lines(entries).filter { theirs[$0.key] != $0.line }.map {
      $0.key.hasPrefix("launch.") ? String($0.key.dropFirst("launch.".count)) : $0.key
    }
  }

  private var entries: [WrittenEntry] {
    [
      .init("launch", launch), .init("robot", robot), .init("task", task.entries),
      .init("folders", [.init("robot", robotFolder), .init("task", taskFolder)]),
    ]
  }
}

extension Override {
  /// The folder whose file this changes, or nil for the launch file.
  var folder: Folder? {
    keys.count > 1 ? Folder.allCases.first { $0.key == keys[0] } : nil
  }
}
