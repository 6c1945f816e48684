"""Scripts that run in the phone's page: a camera whose picture is what a test draws."""

CAMERA = """
(() => {
  const canvas = document.createElement('canvas');
  canvas.width = 1280;
  canvas.height = 720;
  const paper = canvas.getContext('2d');
  let code = null;
  const drawn = (rows) => {
    const size = Math.floor(520 / rows.length);
    const card = new OffscreenCanvas(size * rows.length, size * rows.length);
    const ink = card.getContext('2d');
    ink.fillStyle = '#fff';
    ink.fillRect(0, 0, card.width, card.height);
    ink.fillStyle = '#000';
    rows.forEach((row, y) => [...row].forEach((dark, x) => {
      if (dark === '1') ink.fillRect(x * size, y * size, size, size);
    }));
    return card;
  };
  const draw = () => {
    paper.fillStyle = '#555';
    paper.fillRect(0, 0, 1280, 720);
    if (code) paper.drawImage(code, (1280 - code.width) / 2, (720 - code.height) / 2);
  };
  window.showCode = (rows) => { code = rows.length ? drawn(rows) : null; draw(); };
  setInterval(draw, 33);
  if (navigator.mediaDevices) {
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(30);
  }
})();
"""
