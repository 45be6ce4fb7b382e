using System.Globalization;
using SkiaSharp;

namespace NJepa.Throughput.Tests;

/// <summary>The whole program, worker processes included.</summary>
public sealed class ProgramTests(ProgramTests.Pictures pictures) : IClassFixture<ProgramTests.Pictures>
{
    private static readonly string[] Small = ["--models", "nano", "--batch", "4", "--turns", "1", "--threads", "1", "--loader-threads", "1"];

    /// <summary>A few small JPEGs.</summary>
    public sealed class Pictures : IDisposable
    {
        public Pictures()
        {
            for (int i = 0; i < 9; i++)
            {
                using var bitmap = new SKBitmap(80, 90);
                bitmap.Erase(new SKColor((byte)(20 * i), 100, 50));
                using FileStream file = File.Create(Path.Combine(Folder, $"{i}.jpg"));
                bitmap.Encode(file, SKEncodedImageFormat.Jpeg, 80);
            }
        }

        public string Folder { get; } = Directory.CreateTempSubdirectory("njepa-throughput-tests-").FullName;

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }

    private static (int Code, string Output, string Log) Run(params string[] arguments)
    {
        using StringWriter output = new(), log = new();
        int code = Program.Run(arguments, output, log);
        return (code, output.ToString(), log.ToString());
    }

    // Tables by their lines of cells, the separator left out.
    private static List<List<string[]>> Tables(string text)
    {
        var tables = new List<List<string[]>>();
        bool inside = false;
        foreach (string line in text.Split(Environment.NewLine))
        {
            bool row = line.StartsWith('|');
            if (row && !inside)
            {
                tables.Add([]);
            }

            inside = row;
            if (row)
            {
                string[] cells = [.. line.Split('|')[1..^1].Select(cell => cell.Trim())];
                tables[^1].Add(cells);
                cells.Should().HaveCount(tables[^1][0].Length, line);
            }
        }

        foreach (List<string[]> table in tables)
        {
            table[1].Should().OnlyContain(cell => cell == "---");
            table.RemoveAt(1);
        }

        return tables;
    }

    private static double Number(string text) => double.Parse(text.TrimEnd('%', ' '), CultureInfo.InvariantCulture);

    [Fact]
    public void A_comparison_prints_tables_of_plausible_numbers()
    {
        (int code, string output, string log) = Run([.. Small, "--run", "1"]);

        code.Should().Be(0, log);
        log.Should().StartWith("ViT-Nano/8, batch 4, Float32: starting").And.Contain("  turn 1/1: ");
        List<List<string[]>> tables = Tables(output);
        tables.Select(table => table.Count).Should().Equal(2, 3, 2);

        string[] steps = tables[0][1];
        steps[..3].Should().Equal("ViT-Nano/8", "4", "Float32");
        double[] numbers = [.. steps[3..].Select(Number)];
        (double time, double rate, double peer, double ratio) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        (double flops, double share, double memory, double peerMemory, double memoryRatio, double tensors) = (numbers[4], numbers[5], numbers[6], numbers[7], numbers[8], numbers[9]);
        time.Should().BeInRange(0.1, 60_000);
        rate.Should().BeApproximately(4 / time * 1e3, 0.02 * rate + 0.1);
        ratio.Should().BeApproximately(peer / time, (0.05 * ratio) + 0.01);
        flops.Should().BeInRange(0, 5000);
        share.Should().BeInRange(0, 200);
        memory.Should().BeInRange(50, 5000);
        peerMemory.Should().BeInRange(50, 5000);
        memoryRatio.Should().BeApproximately(memory / peerMemory, 0.02);
        tensors.Should().BeInRange(10, 5000);

        tables[1][0][3..^1].Should().Equal("load", "teacher", "student", "predictors", "backward", "optimizer", "zeroing", "average", "other");
        tables[1].Skip(1).Select(row => row[2]).Should().Equal("NJepa", "peer");
        foreach ((string[] row, double total) in tables[1].Skip(1).Zip([time, peer]))
        {
            row[4..12].Sum(Number).Should().BeApproximately(total, 0.5);
        }

        Number(tables[1][1][12]).Should().BeGreaterThan(0);
        string[] run = tables[2][1];
        Number(run[3]).Should().BeGreaterThan(0);
        Number(run[4]).Should().BeInRange(0, 100);
        Number(run[7]).Should().BeApproximately(Number(run[5]) / Number(run[3]), (0.05 * Number(run[7])) + 0.01);
    }

    [Fact]
    public void Precisions_parts_and_recomputation_are_measured_without_a_peer_and_written_to_a_file()
    {
        string file = Path.GetTempFileName();
        (int code, string output, string log) = Run(
            [.. Small, "--run", "0", "--precisions", "bfloat16", "--micro-batch", "3", "--recompute", "--no-peer", "--images", pictures.Folder, "--output", file]);

        code.Should().Be(0, log);
        File.ReadAllText(file).Should().Be(output);
        File.Delete(file);
        List<List<string[]>> tables = Tables(output);
        tables.Select(table => table.Count).Should().Equal(2, 2);
        string[] row = tables[0][1];
        row[..3].Should().Equal("ViT-Nano/8, recomputed, parts of 3", "4", "BFloat16");
        (row[5], row[6], row[10], row[11]).Should().Be(("", "", "", ""));
        Number(row[3]).Should().BeGreaterThan(0);
    }

    [Fact]
    public void A_long_run_reports_tensors_and_memory()
    {
        (int code, string output, string log) = Run("--models", "nano", "--batch", "2", "--long", "51", "--threads", "1", "--loader-threads", "1", "--images", pictures.Folder);

        code.Should().Be(0, log);
        output.Should().MatchRegex(
            @"^ViT-Nano/8, batch 2, Float32: (?<tensors>\d+) live tensors and \d+\.\d MB after step 50; \k<tensors> and \d+\.\d MB \([+-]\d+\.\d\d%\) after step 51\.\r?\n$");
    }

    [Theory]
    [InlineData("--no-peer")]
    [InlineData("--long", "51")]
    public void A_folder_that_is_not_there_is_named(params string[] arguments)
    {
        string missing = Path.Combine(pictures.Folder, "missing");

        (int code, string output, string log) = Run([.. Small, "--images", missing, .. arguments]);

        code.Should().Be(1);
        output.Should().BeEmpty();
        log.Should().Contain("A worker process failed: ").And.Contain(missing);
    }

    [Fact]
    public void Fewer_images_than_a_batch_are_said_to_be_too_few()
    {
        (int code, _, string log) = Run("--models", "nano", "--batch", "10", "--turns", "1", "--images", pictures.Folder);

        code.Should().Be(1);
        log.Should().Contain("A worker process failed: ").And.Contain("9 images").And.Contain("10");
    }

    [Fact]
    public void A_file_that_cannot_be_written_is_named()
    {
        string file = Path.Combine(pictures.Folder, "missing", "tables.md");

        (int code, _, string log) = Run([.. Small, "--run", "0", "--no-peer", "--images", pictures.Folder, "--output", file]);

        code.Should().Be(1);
        log.Should().Contain(file);
    }
}
