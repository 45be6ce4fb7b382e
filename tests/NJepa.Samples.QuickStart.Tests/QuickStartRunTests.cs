using System.Text;
using System.Text.Json;
using NJepa.Data;
using NJepa.Models;
using NJepa.Samples.QuickStart.Drawing;
using NJepa.Samples.QuickStart.Options;
using NJepa.Samples.QuickStart.Running;
using NJepa.Samples.QuickStart.Terminal;
using NJepa.Training;
using Spectre.Console;

namespace NJepa.Samples.QuickStart.Tests;

public sealed class QuickStartRunTests : TensorTest, IDisposable
{
    private static readonly DrawnPicturesOptions Few = new()
    {
        Size = 32, TrainPerClass = 16, TestPerClass = 8, Classes = [PictureClass.Dots, PictureClass.Stripes],
    };

    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _printed = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_run_writes_all_its_files_and_says_what_came_of_it()
    {
        DrawnPictures.WriteTo(_folder.File("pictures"), Few);
        File.WriteAllText(Path.Combine(_folder.File("pictures"), "train", "dots", "0002.png"), "no picture");

        await Run(Options("pictures"), CancellationToken.None);

        string output = _folder.File("output");
        Directory.GetFiles(output).Select(Path.GetFileName).Should().BeEquivalentTo(
            "student.safetensors", "teacher.safetensors", "model.safetensors", "encoder.onnx", "masks.png", "loss.png", "features.png", "similarity.png", "neighbours.png", "accuracy.png", "metrics.json", "losses.csv", "probe.csv", "options.json", "bad-images.csv", ".njepa-lock");
        using JsonDocument metrics = JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "metrics.json")));
        JsonElement root = metrics.RootElement;
        root.GetProperty("completed").GetBoolean().Should().BeTrue();
        root.GetProperty("options").GetProperty("seed").GetUInt64().Should().Be(3);
        root.GetProperty("training").GetProperty("batchSize").GetInt32().Should().Be(32, "there are no more images than that");
        foreach (string when in (string[])["before", "after", "afterTeacher"])
        {
            JsonElement linear = root.GetProperty(when).GetProperty("linearProbe");
            linear.GetProperty("testImages").GetInt32().Should().Be(16);
            linear.GetProperty("low").GetDouble().Should().BeLessThan(linear.GetProperty("value").GetDouble());
            root.GetProperty(when).GetProperty("rankMe").GetDouble().Should().BeInRange(1, 96);
        }

        root.GetProperty("history").EnumerateArray().Select(entry => entry.GetProperty("step").GetInt64()).Should().Equal(1, 2);
        root.GetProperty("history")[0].GetProperty("losses").GetProperty("total").GetDouble().Should().BeGreaterThan(0);
        root.GetProperty("unreadableImages")[0].GetString().Should().StartWith("train/dots/0002.png: it is not a JPEG, PNG, WebP or BMP file");
        _printed.ToString().Should().Contain("1 image could not be used: train/dots/0002.png").And.Contain("kNN accuracy").And.Contain("similarity.png").And.Contain("neighbours.png").And.Contain("accuracy.png");
        _printed.ToString().Should().Contain($"NJepa.Samples.OnnxInference -- label --model \"{Path.Combine(output, "encoder.onnx")}\" --images \"{_folder.File("pictures")}\"");
        IReadOnlyList<OnlineProbeReading> readings = ProbeLog.Read(output);
        readings.Select(reading => reading.Epoch).Should().Equal(0, 1, 2);
        readings[0].NearestNeighbours.Should().Be(root.GetProperty("before").GetProperty("nearestNeighbours").GetProperty("value").GetDouble());
        readings[^1].LinearProbe.Should().Be(root.GetProperty("after").GetProperty("linearProbe").GetProperty("value").GetDouble());
        Exported(output).Should().Contain("[\"dots\",\"stripes\"]").And.Contain("probabilities");
        using ViTEncoder encoder = ViTEncoder.Load(Path.Combine(output, "student.safetensors"));
        (encoder.Configuration.ImageSize, encoder.Configuration.PatchSize).Should().Be((32, 4));
    }

    [Fact]
    public async Task Images_without_classes_are_learned_from_all_the_same()
    {
        DrawnPictures.WriteTo(_folder.File("pictures"), Few with { TestPerClass = 1 });
        Directory.CreateDirectory(_folder.File("flat"));
        foreach (string file in Directory.GetFiles(Path.Combine(_folder.File("pictures"), "train", "dots")))
        {
            File.Move(file, Path.Combine(_folder.File("flat"), Path.GetFileName(file)));
        }

        await Run(Options("flat"), CancellationToken.None);

        using JsonDocument metrics = JsonDocument.Parse(File.ReadAllText(Path.Combine(_folder.File("output"), "metrics.json")));
        metrics.RootElement.GetProperty("whyNoAccuracy").GetString().Should().Be("the images lie in no class folders");
        metrics.RootElement.GetProperty("after").GetProperty("linearProbe").ValueKind.Should().Be(JsonValueKind.Null);
        _printed.ToString().Should().Contain("no kNN and no linear probe: the images lie in no class folders").And.Contain("RankMe").And.NotContain("kNN accuracy").And.NotContain("accuracy.png").And.NotContain("OnnxInference").And.Contain("similarity.png");
        Exported(_folder.File("output")).Should().Contain("njepa.vit").And.NotContain("njepa.labels");
    }

    [Fact]
    public async Task A_run_cancelled_at_once_leaves_no_encoder_and_says_so()
    {
        DrawnPictures.WriteTo(_folder.File("pictures"), Few);
        var run = new QuickStartRun(Options("pictures"), View());

        await run.Invoking(r => r.ExecuteAsync(new CancellationToken(canceled: true))).Should().ThrowAsync<OperationCanceledException>();

        run.WhenCancelled.Should().Be("Cancelled before training began; there is no encoder yet.");
        File.Exists(Path.Combine(_folder.File("output"), "student.safetensors")).Should().BeFalse();
    }

    [Fact]
    public async Task A_run_that_was_stopped_is_resumed_and_not_begun_anew_by_mistake()
    {
        DrawnPictures.WriteTo(_folder.File("pictures"), Few);
        QuickStartOptions options = Options("pictures");
        await Run(options, CancellationToken.None);
        byte[] whole = File.ReadAllBytes(Path.Combine(options.Output, "student.safetensors"));
        Directory.Delete(options.Output, recursive: true);

        using (QuickStartImages images = QuickStartImages.Open(options.Images!))
        using (JepaModel model = QuickStartRecipe.Model(options).Build())
        using (var stop = new CancellationTokenSource())
        using (var trainer = new JepaTrainer(model, images.Pretraining, QuickStartRecipe.Training(options, images.Pretraining.Count)))
        {
            await trainer.RunAsync(new SynchronousProgress<TrainingProgress>(_ => stop.Cancel()), stop.Token);
        }

        BegunOptions.Write(options);
        Func<Task> again = () => Run(options, CancellationToken.None);
        (await again.Should().ThrowAsync<QuickStartException>()).WithMessage($"The output folder '{options.Output}' holds a run that is not finished (step 1 of 2). Add --resume to go on with it, choose another --output, or delete '{Path.Combine(options.Output, "checkpoints")}' to give it up.");

        QuickStartOptions resumed = CommandLine.Parse(["--resume", "--output", options.Output], out string? error);
        error.Should().BeNull();
        resumed.Should().Be(options with { Resume = true });
        await Run(resumed, CancellationToken.None);
        File.ReadAllBytes(Path.Combine(options.Output, "student.safetensors")).Should().Equal(whole);
        using var metrics = JsonDocument.Parse(File.ReadAllText(Path.Combine(options.Output, "metrics.json")));
        metrics.RootElement.GetProperty("history").GetArrayLength().Should().Be(2);
        metrics.RootElement.GetProperty("steps").GetInt64().Should().Be(2);
    }

    [Fact]
    public async Task A_run_that_fails_before_training_leaves_the_encoder_of_the_last_one()
    {
        Directory.CreateDirectory(_folder.File("output"));
        string encoder = Path.Combine(_folder.File("output"), "student.safetensors");
        File.WriteAllText(encoder, "hours of work");
        Directory.CreateDirectory(_folder.File("empty"));
        DrawnPictures.WriteTo(_folder.File("broken"), Few);
        foreach (string file in Directory.GetFiles(_folder.File("broken"), "*.png", SearchOption.AllDirectories))
        {
            File.WriteAllText(file, "no picture");
        }

        await this.Invoking(_ => Run(Options("empty"), CancellationToken.None)).Should().ThrowAsync<ImageSourceException>();
        await this.Invoking(_ => Run(Options("broken"), CancellationToken.None)).Should().ThrowAsync<TooManyBadImagesException>();

        Directory.GetFiles(_folder.File("output")).Should().Equal(encoder);
        File.ReadAllText(encoder).Should().Be("hours of work");
    }

    [Fact]
    public async Task An_output_folder_that_cannot_be_written_to_is_found_out_first()
    {
        File.WriteAllText(_folder.File("file"), "");
        QuickStartOptions options = Options("nowhere") with { Output = Path.Combine(_folder.File("file"), "below") };

        Func<Task> run = () => Run(options, CancellationToken.None);

        (await run.Should().ThrowAsync<QuickStartException>()).WithMessage($"The output folder '{options.Output}' cannot be written to: *. Choose another with --output.");
    }

    [Fact]
    public void Lists_in_messages_become_one_line()
    {
        ExpectedErrors.OneLine(new JepaConfigurationException(["One.", "Two."])).Should().Be("The model cannot be built: One. Two.");
        ExpectedErrors.Includes(new ImageSourceException("x")).Should().BeTrue();
        ExpectedErrors.Includes(new InsufficientMemoryException("x")).Should().BeTrue();
        ExpectedErrors.Includes(new NotSupportedException()).Should().BeFalse();
    }

    // The texts in an ONNX model stand in it as they are.
    private static string Exported(string output) => Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(output, "encoder.onnx")));

    private QuickStartOptions Options(string images) => new()
    {
        Images = _folder.File(images), Output = _folder.File("output"), Epochs = 2, ImageSize = 32, PatchSize = 4, Device = "cpu", Seed = 3,
    };

    private Task Run(QuickStartOptions options, CancellationToken cancellationToken) => new QuickStartRun(options, View()).ExecuteAsync(cancellationToken);

    private ConsoleView View()
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(_printed) });
        console.Profile.Width = 240;
        return new ConsoleView(console, live: false);
    }
}
