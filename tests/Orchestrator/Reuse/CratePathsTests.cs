using System.Text;
using BpfIncr.Orchestrator.Reuse;

namespace BpfIncr.Orchestrator.Tests.Reuse;

public sealed class CratePathsTests
{
    private static readonly CratePaths Here = Places("/ws"), There = Places("/a \"long\" \\ ü place");

    [Theory]
    [InlineData("/ws/kit/src/lib.rs", "(workspace)/kit/src/lib.rs")]
    [InlineData("/ws/target/deps/libkit.rlib", "(target)/deps/libkit.rlib")]
    [InlineData("--remap-path-prefix=/ws=/workspace", "--remap-path-prefix=(workspace)=/workspace")]
    [InlineData("dependency=/ws/target/deps", "dependency=(target)/deps")]
    [InlineData("/home/me/.cargo/registry/src", "(cargo-home)/registry/src")]
    [InlineData("/ws2/kit", "/ws2/kit")]
    [InlineData("/net/ws/kit", "/net/ws/kit")]
    [InlineData("/ws.old/kit", "/ws.old/kit")]
    [InlineData("kit/src/lib.rs", "kit/src/lib.rs")]
    public void Places_have_names(string text, string named) => Assert.Equal(named, Here.Named(text));

    [Theory]
    [InlineData("/ws/kit/src/lib.rs")]
    [InlineData("/ws/target/build/out/table.rs")]
    [InlineData("/usr/include/thing.rs")]
    public void A_name_leads_back_to_its_file(string path) => Assert.Equal(path, Here.PathOf(Here.NameOf(path)));

    [Theory]
    [InlineData("/ws/kit/src/lib.rs", "kit/src/lib.rs")]
    [InlineData("/ws/(odd)/lib.rs", "((odd)/lib.rs")]
    [InlineData("/ws/target/out/table.rs", "(target)/out/table.rs")]
    [InlineData("/usr/thing.rs", "(machine)/usr/thing.rs")]
    public void Names_in_an_input_tree_cannot_be_taken_for_others(string path, string name) =>
        Assert.Equal(name, CratePaths.InputName(Here.NameOf(path)));

    [Fact]
    public void Messages_are_those_of_the_machine_that_reads_them()
    {
        var message = """{"artifact":"/ws/target/deps/libkit.rmeta","rendered":"\u001b[0m/ws/target/out/t.rs:1 in /wsbench (target)"}""";

        var there = Encoding.UTF8.GetString(There.LocalMessages(Here.PortableMessages(Encoding.UTF8.GetBytes(message))));

        Assert.Equal(
            """{"artifact":"/a \"long\" \\ ü place/target/deps/libkit.rmeta","rendered":"\u001b[0m/a \"long\" \\ ü place/target/out/t.rs:1 in /wsbench (target)"}""",
            there);
        Assert.Equal(message, Encoding.UTF8.GetString(Here.LocalMessages(There.PortableMessages(Encoding.UTF8.GetBytes(there)))));
    }

    [Fact]
    public void Dep_info_is_that_of_the_machine_that_reads_it()
    {
        var text = "/ws/target/kit.d: kit/src/lib.rs /ws/target/out/t.rs\n\n/ws/target/out/t.rs:\n\n# env-dep:OUT_DIR=/ws/target/out\n";

        var there = Encoding.UTF8.GetString(There.LocalDepInfo(Here.PortableDepInfo(Encoding.UTF8.GetBytes(text))));

        Assert.Equal(
            "/a \"long\" \\ ü place/target/kit.d: kit/src/lib.rs /a\\ \"long\"\\ \\\\ ü\\ place/target/out/t.rs\n\n/a\\ \"long\"\\ \\\\ ü\\ place/target/out/t.rs:\n\n# env-dep:OUT_DIR=/a \"long\" \\\\ ü place/target/out\n",
            there);
        Assert.Equal(text, Encoding.UTF8.GetString(Here.LocalDepInfo(There.PortableDepInfo(Encoding.UTF8.GetBytes(there)))));
    }

    private static CratePaths Places(string root) => new(new CrateSession(
        "/cache", [], root, $"{root}/target", "/home/me/.cargo", "/opt/rust", "rustc", "compiler", "host", "", new Dictionary<string, string>(), [], "/log"));
}
