using NJepa.Samples.Ablation.Options;
using NJepa.Samples.Ablation.Running;
using NJepa.Samples.Ablation.Terminal;
using NJepa.Samples.QuickStart.Drawing;
using Spectre.Console;

namespace NJepa.Samples.Ablation.Tests;

/// <summary>Drawn pictures in three classes, and runs on them that are too short to learn anything.</summary>
public abstract class AblationTest : IDisposable
{
    protected AblationTest() => DrawnPictures.WriteTo(
        Pictures, new DrawnPicturesOptions { Size = 32, TrainPerClass = 24, TestPerClass = 6, Classes = [.. Enum.GetValues<PictureClass>().Take(3)] }, CancellationToken.None);

    protected string Folder { get; } = Directory.CreateTempSubdirectory("njepa-ablation-").FullName;

    protected string Pictures => Path.Combine(Folder, "pictures");

    public void Dispose()
    {
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected AblationOptions Options(string output, params string[] tables) => new()
    {
        Tables = tables,
        Images = Pictures,
        Output = Path.Combine(Folder, output),
        Seeds = [0, 1],
        Scale = new AblationScale { PatchSize = 4, Epochs = 1, BatchSize = 24 },
        Device = "cpu",
        Threads = 1,
    };

    protected string[] Results(string output) => Directory.GetFiles(Path.Combine(Folder, output, "runs"), "result.json", SearchOption.AllDirectories);

    protected static IAnsiConsole Silent() => Console(TextWriter.Null);

    protected static IAnsiConsole Console(TextWriter writer) => AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(writer) });

    /// <summary>Acts once when a text has been written.</summary>
    protected sealed class WatchingWriter(string text, Action act) : StringWriter
    {
        private bool _acted;

        public override void Write(char value) => Look(() => base.Write(value));

        public override void Write(string? value) => Look(() => base.Write(value));

        public override void Write(char[] buffer, int index, int count) => Look(() => base.Write(buffer, index, count));

        private void Look(Action write)
        {
            write();
            if (!_acted && ToString().Contains(text, StringComparison.Ordinal))
            {
                _acted = true;
                act();
            }
        }
    }

    /// <summary>Does what the options say, and returns what was told.</summary>
    internal static async Task<string> RunAsync(AblationOptions options)
    {
        var told = new StringWriter();
        await new AblationRun(options, new AblationView(Console(told))).ExecuteAsync(CancellationToken.None);
        return told.ToString();
    }
}
