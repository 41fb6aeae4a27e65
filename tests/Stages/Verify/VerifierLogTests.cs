using BpfIncr.Stages.Verify;

namespace BpfIncr.Stages.Tests.Verify;

/// <summary>Logs as kernels 5.10 to 6.18 have printed them, shortened.</summary>
public sealed class VerifierLogTests
{
    [Theory]
    [InlineData("""
        1572: (07) r0 += 3                    ; frame1: R0=scalar(id=19+3,smin=umin=57)
        ;  @ cursor.rs:30
        1573: (71) r1 = *(u8 *)(r1 -14)
        invalid access to map value, value_size=1024 off=1024 size=1
        R1 max value is outside of the allowed memory range
        verification time 20400 usec
        stack depth 64+112+0+160+0+0
        processed 788 insns (limit 1000000) max_states_per_insn 2 total_states 41 peak_states 41 mark_read 0
        """, "invalid access to map value, value_size=1024 off=1024 size=1; R1 max value is outside of the allowed memory range", 1573)]
    [InlineData("""
        13: (2d) if r2 > r1 goto pc+1         ; R1=scalar(smin=umin=umin32=8) R2=8
        14: (05) goto pc-1
        14: (05) goto pc-1
        infinite loop detected at insn 14
        cur state: R1=scalar(smin=umin=umin32=8) R2=8 R10=fp0
        old state: R1=scalar(smin=umin=umin32=8) R2=8 R10=fp0
        processed 18 insns (limit 1000000) max_states_per_insn 0 total_states 2 peak_states 2 mark_read 0
        """, "infinite loop detected at insn 14", 14)]
    [InlineData("""
        BPF program is too large. Processed 1000001 insn
        processed 1000001 insns (limit 1000000) max_states_per_insn 28 total_states 30933 peak_states 518 mark_read 0
        """, "BPF program is too large. Processed 1000001 insn", null)]
    [InlineData("""
        unreachable insn 9
        processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        """, "unreachable insn 9", 9)]
    [InlineData("""
        last insn is not an exit or jmp
        processed 0 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        """, "last insn is not an exit or jmp", int.MaxValue)]
    [InlineData("""
        func#0 @0
        0: R1=ctx(id=0,off=0,imm=0) R10=fp0
        0: (95) exit
        R0 !read_ok
        processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
        """, "R0 !read_ok", 0)]
    [InlineData("""
        back-edge from insn 12 to 3
        """, "back-edge from insn 12 to 3", 12)]
    public void The_last_words_and_their_instruction_are_found(string log, string verdict, int? instruction)
    {
        var read = new VerifierLog(log);

        Assert.Equal((verdict, instruction), (read.Verdict, read.Instruction));
    }

    [Fact]
    public void What_was_accepted_has_no_verdict_but_a_count()
    {
        var read = new VerifierLog("""
            verification time 307 usec
            stack depth 0
            processed 51 insns (limit 1000000) max_states_per_insn 0 total_states 4 peak_states 4 mark_read 3
            """);

        Assert.Null(read.Verdict);
        Assert.Equal(51, read.Processed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("99999999999999999999: (95) exit")]
    public void A_log_that_says_nothing_has_no_verdict(string log) => Assert.Null(new VerifierLog(log).Instruction);

    [Fact]
    public void The_tail_leaves_out_statistics_and_notes_about_precision()
    {
        var read = new VerifierLog("0: (95) exit\nmark_precise: frame0: last_idx 1\n;  @ main.rs:3\nR0 !read_ok\nprocessed 1 insns (limit 1000000)");

        Assert.Equal(["0: (95) exit", "R0 !read_ok"], read.Tail(5));
    }
}
