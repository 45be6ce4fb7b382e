using NJepa.Models;

namespace NJepa.Training.Tests;

/// <summary>A folder of checkpoints, and a model to fill them with.</summary>
internal sealed class TemporaryStore : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("njepa-store-").FullName;
    private readonly JepaModel _model = JepaBuilder.WithEncoder(CheckpointedRun.Tiny).Build();
    private readonly FlatAdamW _optimizer;

    public TemporaryStore() => (Store, _optimizer) = (new CheckpointStore(_folder), new FlatAdamW(_model.Parameters));

    public CheckpointStore Store { get; }

    public long Step { get; set; }

    public CheckpointContent Capture() => new(Step, _model.TakeSnapshot(), new OptimizerSnapshot(_optimizer, _model.Parameters), new TrainerState
    {
        Step = Step,
        TotalSteps = 100,
        OptimizerSteps = Step,
        SkippedSteps = 0,
        SavedAt = DateTime.UnixEpoch,
        LossSums = [],
        LossSteps = 0,
        Data = new DataDescription(1, "", ""),
        Model = new Dictionary<string, string>(),
        Options = new Dictionary<string, string>(),
        Versions = new Dictionary<string, string>(),
    }.ToBytes());

    public void Dispose()
    {
        _optimizer.Dispose();
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
