import Foundation
import Geometry
import Messages
import Recipes
import Testing

@Suite struct ValueTests {
  @Test func `fields hold what the keys say`() throws {
    let files = try RecipeFiles()
    let recipe = try files.load(
      "robot.joints.home=[0.1,-0.2,0.3,-2,0.5,1.6,0.7]", "task.reset.spread=[0.01,0.02]",
      "task.fence.lower=[-0.1,-0.2,-0.3]", "task.connector.boardPose.position=[0.4,0.1,0.2]",
      "task.connector.boardPose.rollPitchYaw=[0,0,1.5707963267948966]",
      "endpoints=tcp://127.0.0.1:5555", "learner.layerNorm=false")
    #expect(recipe.robot.joints.home.array == [0.1, -0.2, 0.3, -2, 0.5, 1.6, 0.7])
    #expect(recipe.task.reset.spread == SIMD2(0.01, 0.02))
    #expect(recipe.task.fence.lower == Vector3(-0.1, -0.2, -0.3))
    #expect(recipe.launch.endpoints == .tcp(host: "127.0.0.1", port: 5555))
    #expect(!recipe.launch.learner.layerNorm)
    #expect(recipe.task.connector.pins == 6)
    let corner = recipe.task.connector.boardPose.baseFromBoard(Vector3(1, 0, 0))
    #expect((corner - Vector3(0.4, 1.1, 0.2)).length < 1e-12)
  }

  @Test(arguments: ["position", "rotation"])
  func `setpoints without a width to magnify them by are refused`(key: String) throws {
    let files = try RecipeFiles()
    let width = "task.observation.fine.\(key)=0"
    do {
      _ = try files.load(width, "learner.criticsSeeSetpoint=true")
      Issue.record("a width of 0 was taken")
    } catch {
      #expect(error.description.isOneLine)
      #expect(error.description.contains("learner.criticsSeeSetpoint"))
      #expect(error.description.contains("task.observation.fine.\(key)"))
    }
    _ = try files.load(width, "learner.criticsSeeSetpoint=false")
  }

  @Test func `a compliance without a posture stiffness takes the robot's`() throws {
    let files = try RecipeFiles()
    let recipe = try files.load(
      "robot.safety.nullspaceStiffness=17", "task.reset.compliance.nullspaceStiffness=3")
    #expect(recipe.task.compliance.nullspaceStiffness == 17)
    #expect(recipe.task.reset.compliance.nullspaceStiffness == 3)
  }

  @Test(arguments: RecipeFiles.all) func `no number key takes what is no sane number`(
    file: String
  ) throws {
    let files = try RecipeFiles()
    for key in YAMLKey.keys(of: try RecipeFiles.original(file)) {
      guard !key.isSection, let numbers = key.numbers else { continue }
      let values = [".nan", "1e30", "-1e30", "0x10", "'1'", "null", "{a: 1}"]
      for value in values + (numbers.count == 1 ? ["[1]"] : ["1"]) {
        let text =
          numbers.count == 1 || value == "1"
          ? value : "[" + Array(repeating: value, count: numbers.count).joined(separator: ",") + "]"
        let refusal = files.refusal(of: prefix(of: file) + key.path + "=" + text)
        guard case .invalidValue(_, let named, _, _, _)? = refusal else {
          Issue.record("\(file): \(key)=\(text): \(String(describing: refusal))")
          continue
        }
        #expect(named.hasPrefix(key.path))
      }
    }
  }

  @Test(arguments: RecipeFiles.all) func `a list of another length is refused`(
    file: String
  ) throws {
    let files = try RecipeFiles()
    for key in YAMLKey.keys(of: try RecipeFiles.original(file)) where key.value.hasPrefix("[") {
      let items = key.value.dropFirst().dropLast().components(separatedBy: ", ")
      for changed in [Array(items.dropLast()), items + [items[0]], []] {
        let list = "[" + changed.joined(separator: ",") + "]"
        let refusal = files.refusal(of: prefix(of: file) + key.path + "=" + list)
        let message = refusal?.description ?? ""
        #expect(message.contains("a list of \(changed.count); expected a list of \(items.count) "))
      }
    }
  }

  @Test(arguments: ["layerNorm", "entropyBackup"]) func `a flag is true or false only`(
    key: String
  ) throws {
    let files = try RecipeFiles()
    for value in ["yes", "1", "True", "\"true\"", "[true]"] {
      #expect(files.refusal(of: "learner.\(key)=\(value)") != nil)
    }
  }

  @Test(arguments: [
    ("clock=lockstp", "lockstep"), ("clock=realtme", "realtime"), ("placement=driven", "driver"),
    ("placement=proces", "process"), ("learner.kind=rldp", "rlpd"),
    ("robot.driver.kind=simulate", "simulated"), ("clock=Lockstep", "lockstep"),
  ]) func `a choice names the nearest`(override: String, meant: String) throws {
    let refusal = try RecipeFiles().refusal(of: override)
    guard case .invalidValue(_, _, _, let expected, let nearest)? = refusal else {
      Issue.record("\(override): \(String(describing: refusal))")
      return
    }
    #expect(nearest == meant)
    #expect(expected.contains(meant))
  }

  @Test(arguments: [
    "tcp://192.168.0.5:5555", "tcp://*:5555", "tcp://127.0.0.1", "tcp://127.0.0.1:80",
    "tcp://127.0.0.1:70000", "udp://127.0.0.1:5555", "inproc", "tcp://127.0.0.1:5555:6",
    "tcp://0.0.0.0:5555", "tcp://[::]:5555", "tcp://127.1:5555", "tcp://127.0.0.1.evil:5555",
    "tcp://2130706433:5555", "tcp://0177.0.0.1:5555", "tcp://[::ffff:127.0.0.1]:5555",
  ]) func `only this machine is an endpoint`(address: String) throws {
    #expect(try RecipeFiles().refusal(of: "endpoints=" + address) != nil)
  }

  @Test(arguments: [
    "tcp://192.168.0.5:5555", "tcp://*:5555", "tcp://[fd00::7]:5555", "tcp://robot.local:5555",
  ]) func `another address is one with keys, and without says how to have them`(
    address: String
  ) throws {
    let files = try RecipeFiles()
    let refusal = try #require(files.refusal(of: "endpoints=" + address))
    #expect(refusal.description.contains("kinglet keys new") && refusal.description.isOneLine)
    let recipe = try files.load("endpoints=" + address, "security.keys=k")
    #expect(recipe.launch.endpoints.address == address && recipe.launch.security.keys == "k")
    #expect(try files.load().launch.security.keys == nil)
    #expect(try files.load("security.keys=none").launch.security.keys == nil)
  }

  @Test func `a learner elsewhere needs keys and an address`() throws {
    let files = try RecipeFiles()
    let places = ["endpoints=tcp://192.168.0.5:5555", "security.keys=k"]
    let recipe = try files.load(places[0], places[1], "hosts.learner=192.168.0.6")
    #expect(recipe.launch.hosts.learner == "192.168.0.6")
    for wrong in [
      ["hosts.learner=192.168.0.6"], ["hosts.learner=192.168.0.6", "security.keys=k"],
      ["hosts.learner=192.168.0.6", "endpoints=tcp://127.0.0.1:5555"],
      places + ["hosts.learner='a;b'"], places + ["hosts.learner='*'"], places + ["hosts.lerner=a"],
      places + ["security.key=k"], places + ["hosts.learner=[a]"],
      ["endpoints=tcp://a;b:5555", "security.keys=k"],
      ["endpoints=tcp://x@a:5555", "security.keys=k"],
    ] {
      let error = #expect(throws: RecipeError.self) {
        try SessionRecipe.load(
          launchFile: files.root + "/" + RecipeFiles.launch, overrides: wrong)
      }
      #expect(try #require(error).description.isOneLine)
    }
  }

  @Test(arguments: [
    (["task.connector.pin=0.001"], "connector.hole"),
    (["task.connector.pitch=0.0009"], "connector.hole"),
    (["task.rate=3"], "rate"), (["task.rate=7", "robot.driver.timestep=0.002"], "rate"),
    (["task.action.latency.ticks=31"], "action.latency.ticks"),
    (["task.action.latency.lowest=25"], "action.latency.ticks"),
    (["task.action.latency.highest=101"], "action.latency.highest"),
    (["task.fence.lower=[0,0,0.06]"], "fence.lower"),
    (["robot.joints.home=[0,-0.785398,0,0,0,1.570796,0.785398]"], "joints.home"),
    (["robot.joints.lower=[3,-1.7628,-2.8973,-3.0718,-2.8973,-0.0175,-2.8973]"], "joints.lower"),
    (["robot.joints.names=[a,b,c,d,e,f,a]"], "joints.names"),
    (["robot.safety.commandTimeout=0.2"], "safety.stopTimeout"),
    (["robot.sensing.torqueLowPass=500"], "sensing.torqueLowPass"),
    (["robot.driver.timestep=0.0003333333333"], "driver.timestep"),
    (["learner.drawn=5"], "learner.drawn"), (["learner.capacity=255"], "learner.capacity"),
    (["demonstrations.episodes=0"], "demonstrations"),
  ]) func `values that contradict each other are refused`(
    overrides: [String], key: String
  ) throws {
    let files = try RecipeFiles()
    do {
      _ = try SessionRecipe.load(
        launchFile: files.root + "/" + RecipeFiles.launch, overrides: overrides)
      Issue.record("\(overrides) is accepted")
    } catch {
      guard case .contradiction(_, let named, _) = error else {
        Issue.record("\(error)")
        return
      }
      #expect(named == key)
    }
  }

  @Test func `no demonstrations go with no share of them`() throws {
    let recipe = try RecipeFiles().load("demonstrations.episodes=0", "learner.demonstrationShare=0")
    #expect(recipe.launch.demonstrations.episodes == 0)
  }

  @Test func `ticks of a decision are whole`() throws {
    let files = try RecipeFiles()
    #expect(try files.load().ticksPerStep == 100)
    #expect(try files.load("task.rate=8").ticksPerStep == 125)
    #expect(try files.load("robot.driver.timestep=0.0005").ticksPerStep == 200)
  }
}
