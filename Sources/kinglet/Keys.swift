import ArgumentParser
import Sessions

/// The keys of this machine, and whom it lets in.
struct Keys: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes this machine's keys, and says which others may come in.",
    discussion: "A launch file uses a folder of keys with `security: {keys: FOLDER}`.",
    subcommands: [New.self, Show.self, Allow.self, Remove.self])

  struct New: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a key pair; one that is there is never overwritten.")
    @Argument(help: "The folder to make.") var folder: String
    @OptionGroup var output: Output

    mutating func run() throws { try output.show(Commands.makeKeys(in: folder)) }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Shows this machine's public key and whom it lets in.")
    @Argument(help: "A folder of keys.") var folder: String
    @OptionGroup var output: Output

    mutating func run() throws { try output.show(Commands.keys(in: folder)) }
  }

  struct Allow: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets another machine in, from now on.",
      discussion: "Write the key in 'single quotes'.")
    @Argument(help: "This machine's folder of keys.") var folder: String
    @Argument(help: "What to call the other machine, such as arm.") var name: String
    @Argument(help: "Its public key, as `kinglet keys show` shows it there.") var publicKey: String
    @Option(help: "Where its servers are, spelled as in endpoints; they must then have this key.")
    var at: String?
    @OptionGroup var output: Output

    mutating func run() throws {
      try output.show(Commands.allow(name, publicKey: publicKey, at: at, in: folder))
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lets another machine in no more; a connection that stands ends with its session.")
    @Argument(help: "This machine's folder of keys.") var folder: String
    @Argument(help: "What the list calls the other machine.") var name: String
    @OptionGroup var output: Output

    mutating func run() throws { try output.show(Commands.removeKey(of: name, in: folder)) }
  }
}
