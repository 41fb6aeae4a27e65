using BpfIncr.EndToEnd.Tests.Support;

namespace BpfIncr.EndToEnd.Tests.Failures;

/// <summary>Code that rustc accepts and that cannot become a BPF object, and options that LLVM refuses.</summary>
public sealed class BpfErrorTests(TinyCheckouts checkouts) : IClassFixture<TinyCheckouts>
{
    private const string Source = "tiny/src/bin/pass.rs";

    [Fact]
    public void A_stack_of_more_than_512_bytes_names_the_function()
    {
        var checkout = checkouts.New();
        var good = File.ReadAllText(checkout[Source]);
        checkout.Replace(Source, "    XDP_PASS\n", "    fill(XDP_PASS)\n");
        File.AppendAllText(checkout[Source], """

            #[inline(never)]
            fn fill(value: u32) -> u32 {
                let mut bytes = [0u8; 600];
                for byte in &mut bytes {
                    // SAFETY: a valid place.
                    unsafe { core::ptr::write_volatile(byte, value as u8) };
                }
                u32::from(bytes[(value & 0xff) as usize])
            }
            """);

        var build = checkout.Build();

        Assert.Equal(1, build.ExitCode);
        var line = 1 + File.ReadAllLines(checkout[Source]).TakeWhile(l => !l.Contains("let mut bytes", StringComparison.Ordinal)).Count();
        Assert.StartsWith($"error BPFI2410: pass/modern: pass::fill needs more than 512 bytes of stack\n  at   src/bin/pass.rs:{line}, in pass::fill\n", build.Errors, StringComparison.Ordinal);
        Assert.Contains($"  | bytes: 600 bytes, src/bin/pass.rs:{line}\n", build.Errors, StringComparison.Ordinal);
        Assert.Contains($"failed: codegen pass/modern: src/bin/pass.rs:{line}: pass::fill needs more than 512 bytes of stack\n", build.Output, StringComparison.Ordinal);
        AssertNothingLost(checkout, good);
    }

    [Fact]
    public void An_unresolved_symbol_is_named_with_the_function_that_needs_it()
    {
        var checkout = checkouts.New();
        var good = File.ReadAllText(checkout[Source]);
        checkout.Replace(Source, "    XDP_PASS\n", "    // SAFETY: none, it does not exist.\n    unsafe { nowhere(XDP_PASS) }\n");
        File.AppendAllText(checkout[Source], "\nextern \"C\" {\n    fn nowhere(value: u32) -> u32;\n}\n");

        var build = checkout.Build();

        Assert.Equal(1, build.ExitCode);
        var line = 1 + File.ReadAllLines(checkout[Source]).TakeWhile(l => !l.Contains("unsafe { nowhere", StringComparison.Ordinal)).Count();
        Assert.StartsWith($"error BPFI2504: pass/modern: unresolved symbol nowhere, which pass needs\n  at   src/bin/pass.rs:{line}, in pass\n", build.Errors, StringComparison.Ordinal);
        AssertNothingLost(checkout, good);
    }

    [Fact]
    public void What_other_variants_have_finished_is_there_when_one_fails()
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"variants\": {{ \"bad\": {{ \"maxInstructions\": 1 }}, \"good\": {{ \"cpu\": \"v3\" }} }}");
        checkout.Build("pass", "--keep-going");
        Directory.Delete(checkout["target/bpf"], recursive: true);

        var build = checkout.Build("pass");

        Assert.Equal(1, build.ExitCode);
        Assert.Contains("error BPFI2425: pass/bad: pass has ", build.Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(checkout.ObjectOf("pass", "good")), build.Output);
    }

    [Fact]
    public void A_panic_is_shown_with_its_line_where_the_policy_rejects_it()
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"variants\": {{ \"modern\": {{ \"cpu\": \"v3\", \"panic\": \"reject\" }} }}");

        var build = checkout.Build("--keep-going");

        Assert.Equal(1, build.ExitCode);
        Assert.Contains("error BPFI2310: ", build.Errors, StringComparison.Ordinal);
        Assert.Contains("src/bin/drop_interface.rs:17", build.Errors, StringComparison.Ordinal);
        Assert.True(File.Exists(checkout.ObjectOf("pass")));
        AssertGoodAgain(checkout);
    }

    [Fact]
    public void A_bad_pass_pipeline_names_the_pass_before_anything_runs_with_it()
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"variants\": {{ \"modern\": {{ \"pipeline\": \"default<O2>,instcombin\" }} }}");

        var build = checkout.Build("pass");

        Assert.Equal(1, build.ExitCode);
        Assert.StartsWith("error BPFI2302: pass/modern: the pass pipeline is not valid: unknown ", build.Errors, StringComparison.Ordinal);
        Assert.Contains("'instcombin'", build.Errors, StringComparison.Ordinal);
        AssertGoodAgain(checkout);
    }

    [Theory]
    [InlineData("optimizeOptions")]
    [InlineData("codegenOptions")]
    public void An_LLVM_option_that_does_not_exist_is_named(string key)
    {
        var checkout = checkouts.New();
        checkout.Configure($"{TinyCheckouts.Workspaces}, \"variants\": {{ \"modern\": {{ \"{key}\": [\"-no-such-option\"] }} }}");

        var build = checkout.Build("pass");

        Assert.Equal(2, build.ExitCode);
        Assert.Contains("-no-such-option", build.Errors, StringComparison.Ordinal);
        AssertGoodAgain(checkout);
    }

    private static void AssertNothingLost(Checkout checkout, string good)
    {
        checkout.Write(Source, good);
        var build = checkout.Build().Succeeded();
        Assert.All(build.Steps, s => Assert.False(s.Ran, s.ToString()));
    }

    private static void AssertGoodAgain(Checkout checkout)
    {
        checkout.Configure(TinyCheckouts.Workspaces);
        var build = checkout.Build().Succeeded();
        Assert.All(build.Steps, s => Assert.False(s.Ran, s.ToString()));
        Assert.Equal(3, checkout.Objects().Count);
    }
}
