using System.Text.Json.Nodes;
using NJepa.Models;
using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Running;
using NJepa.Training;

namespace NJepa.Samples.Ablation.Tests;

/// <summary>What is written down of how runs are made, and what is compared.</summary>
public sealed class RunRecordTests(FinishedRuns finished) : IClassFixture<FinishedRuns>
{
    private static readonly RunKey Multi = new("n-jepa-multi", PretrainingOptions.SmallData.LearningRate, 0);

    [Fact]
    public async Task A_run_knows_its_recipe_and_what_it_was_made_with_and_the_report_says_so()
    {
        AblationOptions options = await finished.CopyAsync("recorded", "levels");

        RunRecord record = new RunStore(options.Output).Record(Multi)!;
        record.Settings.Should().Contain("Recipe.Granularity", "MultiLevel").And.Contain("Recipe.Noise.PMean", "-1.2").And.Contain("Training.Momentum", "0.98").And.Contain("Encoder.Width", "96").And.Contain("Precision", "Float32");
        record.Settings.Keys.Should().NotContain(name => name.Contains("Seed") || name.EndsWith(".LearningRate") || name.Contains("OutputDirectory") || name.Contains("Checkpoints") || name.Contains("LoaderThreads"));
        record.Training!.Steps.Should().Be(3);
        NativeRuntimeInfo native = NJepaRuntime.GetInfo();
        RunEnvironment environment = record.Environments.Should().ContainSingle().Subject;
        environment.Should().Be(new RunEnvironment(environment.NJepa, native.TorchSharpVersion, native.LibTorchVersion, "cpu", native.Platform, 1));
        environment.NJepa.Should().MatchRegex(@"^\d+\.\d+\.\d+");

        string table = Table(options);
        table.Should().Contain("- command, beside the images: `--table levels --seeds 0 --learning-rates 0.002 --model nano --image-size 32 --patch-size 4 --epochs 1 --batch-size 24 --precision Float32 --momentum 0.98 ")
            .And.Contain("- recipe of all arms: ContextNoise false, LossWeights.CleanTeacher 1, ").And.Contain("- training of all arms: BatchSize 24, ")
            .And.Contain("- N-JEPA, single-level: Recipe.Granularity SingleLevel").And.Contain("- N-JEPA, multi-level: Recipe.Granularity MultiLevel")
            .And.Contain($"- made with {environment}").And.Contain("- other encoder: the teacher of the same runs\n").And.NotContain("not all runs were made with");
    }

    [Fact]
    public async Task A_run_of_another_recipe_is_refused()
    {
        AblationOptions options = await finished.CopyAsync("recipe", "levels");
        Change(options, record => record["Settings"]!["Recipe.Noise.PMean"] = "-1");
        Func<Task> again = () => AblationTest.RunAsync(options);

        (await again.Should().ThrowAsync<AblationException>()).WithMessage(
            "The run '*n-jepa-multi*seed-0' in '*recipe' (N-JEPA, multi-level) was made with another recipe, and tables must not mix them: Recipe.Noise.PMean was -1 and is now -1.2. Go on with the version that made it (*), or use another --output.");
    }

    [Fact]
    public async Task What_an_earlier_version_did_not_write_down_is_no_difference()
    {
        AblationOptions options = await finished.CopyAsync("earlier", "levels");
        string[] results = Directory.GetFiles(options.Output, "result.json", SearchOption.AllDirectories);
        DateTime[] times = [.. results.Select(File.GetLastWriteTimeUtc)];
        Change(options, record => record["Settings"]!.AsObject().Remove("Recipe.ContextNoise"));
        File.Delete(Path.Combine(options.Output, "runs", "n-jepa-single", "lr-0.002", "seed-0", "run.json"));
        Settings(options, settings => settings.Remove("Precision"));

        await AblationTest.RunAsync(options);

        results.Select(File.GetLastWriteTimeUtc).Should().Equal(times);
        Table(options).Should().Contain("- **not all runs were made with the same software, device and threads**").And.Contain("- made with an earlier version of NJepa that did not write down what it ran on: N-JEPA, single-level seed 0\n");
    }

    [Fact]
    public async Task What_could_not_be_chosen_earlier_was_the_default()
    {
        AblationOptions options = await finished.CopyAsync("default", "levels");
        Settings(options, settings => settings.Remove("Precision"));
        Func<Task> again = () => AblationTest.RunAsync(options with { Scale = options.Scale with { Precision = Precision.BFloat16 } });

        (await again.Should().ThrowAsync<AblationException>()).WithMessage("The runs in '*default' were made with other settings, and tables must not mix them: Precision was 0 and is now 2. *");
    }

    [Fact]
    public async Task Other_software_is_noted_and_not_refused()
    {
        AblationOptions options = await finished.CopyAsync("software", "levels");
        Change(options, record => record["Environments"]![0]!["LibTorch"] = "2.9.0");

        await AblationTest.RunAsync(options);

        RunEnvironment environment = new RunStore(options.Output).Record(Multi)!.Environments[0];
        Table(options).Should().Contain("- **not all runs were made with the same software, device and threads**; that alone can move figures as another seed does:\n")
            .And.Contain($"- made with {environment}: N-JEPA, multi-level seed 0\n").And.Contain(": N-JEPA, single-level seed 0\n");
        environment.ToString().Should().Contain("on libtorch 2.9.0, cpu, ");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{\"Settings\":{},\"Environments\":[]}")]
    public async Task A_damaged_record_is_named(string text)
    {
        AblationOptions options = await finished.CopyAsync($"damaged-{text.Length}", "levels");
        File.WriteAllText(Path.Combine(options.Output, Multi.Folder, "run.json"), text);
        Func<Task> again = () => AblationTest.RunAsync(options);

        (await again.Should().ThrowAsync<AblationException>()).WithMessage("'*run.json' is damaged (*). Delete it, and the run is taken for one whose recipe and versions were not written down.");
    }

    [Theory]
    [InlineData("4", false)]
    [InlineData("5", true)]
    [InlineData(null, true)]
    public async Task Few_labels_that_were_drawn_otherwise_are_measured_again(string? draws, bool isKept)
    {
        AblationOptions options = await finished.CopyAsync($"few-{draws}", "low-shot");
        string path = Path.Combine(options.Output, Multi.Folder, "low-shot-student.json"), before = File.ReadAllText(path);
        JsonObject changed = JsonNode.Parse(before)!.AsObject();
        changed["Accuracies"]!["5 images per class, last layer"] = 0.12345;
        if (draws is null)
        {
            changed.Remove("Protocol");
        }
        else
        {
            changed["Protocol"]!["Draws"] = draws;
        }

        File.WriteAllText(path, changed.ToJsonString());
        await AblationTest.RunAsync(options);

        File.ReadAllText(path).Should().Be(isKept ? changed.ToJsonString() : before);
        File.ReadAllText(Path.Combine(options.Output, "low-shot.md")).Should().Contain(
            "- few labels: 5 images per class, 1 % of the labels, 10 % of the labels, drawn from 72 training images, 5 draws for each figure (seed 0); features of the last 1 and 4 layers; logistic regression, its strength of 10, 1, 0.1, 0.01, 0.001, 0.0001 by 5-fold cross-validation inside the draw");
    }

    private static string Table(AblationOptions options) => File.ReadAllText(Path.Combine(options.Output, "levels.md"));

    private static void Change(AblationOptions options, Action<JsonNode> change) => Change(Path.Combine(options.Output, Multi.Folder, "run.json"), change);

    private static void Settings(AblationOptions options, Action<JsonObject> change) => Change(Path.Combine(options.Output, "settings.json"), settings => change(settings.AsObject()));

    private static void Change(string path, Action<JsonNode> change)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(path))!;
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }
}
